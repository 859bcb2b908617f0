import { listPrices } from "@segue/plan/list-prices";
import { Command, InvalidArgumentError, Option } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { commandExitCodes } from "../command-exit-codes.ts";
import { fleetOption, fleetUrlOf } from "../fleet-option.ts";
import { forceOption, parseDate, parseTrackId, stateOption, targetsOption } from "./selection-options.ts";

/** A plan over millions of tracks is one statement. */
const statementTimeoutMs = 600_000;

interface PlanFlags {
  readonly database?: string;
  readonly fleet?: string;
  readonly targets?: string[];
  readonly force?: string[];
  readonly track?: string;
  readonly since?: Date;
  readonly state?: string;
  readonly price: number;
  readonly gpuPrice: number;
  readonly json: boolean;
}

/** The database that is meant, or none, with what to do about it. */
async function findDatabase(context: CommandContext, flags: PlanFlags): Promise<string | undefined> {
  const named = flags.database ?? context.config.env.DATABASE_URL;
  if (named) return named;
  const { checkApi, findLocalFleet } = await import("../fleet-api/find-fleet.ts");
  try {
    const { fleet, folder } = await findLocalFleet(
      context.config,
      "name the catalog's database with --database URL or DATABASE_URL",
    );
    // A fleet that was killed has left its word behind, and its database's port may be somebody else's by now.
    await checkApi({ url: fleet.apiUrl, by: folder, fleetId: fleet.fleetId });
    return fleet.databaseUrl;
  } catch (error) {
    const words = error instanceof Error ? error.message || error.name : String(error);
    context.stderr.write(`${words}\n`);
    context.onExitCode(commandExitCodes.unreachable);
    return undefined;
  }
}

const examples = `
Examples:
  segue plan                                      of the fleet that runs here, by the chain in segue.config.ts
  segue plan --targets tempo,key                  for some targets only
  segue plan --track 01a1fddc-6e90-78a3-813c-...  for one track
  segue plan --since 2026-11-01 --price 0.02      for a part of the catalog, on CPUs at another price
  segue plan --force tempo --json                 as if tempo were computed anew; for scripts

To plan a change before it is deployed, make it (raise a version, add a step) and plan: the chain is
that of the code at hand, the catalog that of the fleet. Nothing is changed and nothing is sent.

Exit codes:
  0  planned
  1  the database does not answer
  2  the command line is wrong
  3  no database is named, and no fleet runs here`;

/** `segue plan`: what would run, why, how often, and at what cost. */
export function createPlanCommand(context: CommandContext): Command {
  return new Command("plan")
    .summary("what would run over the catalog, why, and at what cost")
    .description(
      "Compares the catalog with the chain of segue.config.ts: what is missing, expired or made by an older version.",
    )
    .option(
      "--database <url>",
      "the catalog's Postgres (default: DATABASE_URL, else that of the fleet that runs on the data folder here)",
    )
    .option(...fleetOption)
    .option(...targetsOption)
    .option(...forceOption)
    .option("--track <id>", "one track only", parseTrackId)
    .option("--since <date>", "only tracks accepted since then", parseDate)
    .addOption(stateOption())
    .addOption(priceOption())
    .addOption(gpuPriceOption())
    .option("--json", "print the plan as JSON", false)
    .addHelpText("after", examples)
    .action(async (flags: PlanFlags) => {
      const database = await findDatabase(context, flags);
      if (database !== undefined) await runPlan(context, database, flags);
    });
}

async function runPlan(context: CommandContext, database: string, flags: PlanFlags): Promise<void> {
  const [{ connect }, { ChainError }, { planCatalog }, { loadFleet }, { renderPlan }] = await Promise.all([
    import("@segue/catalog-db"),
    import("@segue/chain"),
    import("@segue/plan"),
    import("@segue/step"),
    import("./render-plan.ts"),
  ]);
  const { chain } = await loadFleet(fleetUrlOf(flags.fleet, context.config.cwd));
  const pool = connect({
    connectionString: database,
    maxConnections: 1,
    connectTimeoutMs: 10_000,
    statementTimeoutMs,
    applicationName: "segue-plan",
    onIdleError: () => {},
  });
  try {
    const plan = await planCatalog(pool, chain, {
      targets: flags.targets,
      force: flags.force,
      trackId: flags.track,
      acceptedSince: flags.since,
      state: flags.state,
    });
    if (flags.json) writeJson(context, plan);
    else
      context.stdout.write(`${renderPlan(plan, { perVcpuHour: flags.price, perGpuHour: flags.gpuPrice })}\n`);
  } catch (error) {
    context.stderr.write(`segue plan: ${error instanceof Error ? error.message : String(error)}\n`);
    context.onExitCode(error instanceof ChainError ? commandExitCodes.usage : commandExitCodes.failed);
  } finally {
    await pool.end();
  }
}

function priceOption(): Option {
  const { asOf, compute } = listPrices;
  const words = `${compute.spotVcpuHour} dollars, a preemptible node's by the list of ${asOf}`;
  return new Option("--price <amount>", "what a vCPU costs per hour")
    .argParser(parsePrice)
    .default(compute.spotVcpuHour, words);
}

function gpuPriceOption(): Option {
  const { asOf, model, spotHour } = listPrices.gpu;
  return new Option("--gpu-price <amount>", "what a GPU costs per hour, for steps that ask for one")
    .argParser(parsePrice)
    .default(spotHour, `${spotHour} dollars, a preemptible ${model}'s by the list of ${asOf}`);
}

function parsePrice(text: string): number {
  const price = Number(text);
  if (text.trim() !== "" && price >= 0 && Number.isFinite(price)) return price;
  throw new InvalidArgumentError(`expected an amount such as 0.009, got "${text}"`);
}
