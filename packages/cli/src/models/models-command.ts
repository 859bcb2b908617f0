import { Command } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { commandExitCodes, examplesText, exitCodesText } from "../command-exit-codes.ts";
import { fleetOption, fleetUrlOf } from "../fleet-option.ts";
import { formatColumns } from "../format-columns.ts";
import type { CheckedModel } from "./check-models.ts";

interface ModelsFlags {
  readonly fleet?: string;
  readonly json: boolean;
}

/** As much of a digest as tells models apart. */
const shownDigits = 12;

/** `segue models`: the models that results depend on. */
export function createModelsCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue models": "models, the steps that use them, and whether the weights here are theirs",
    "segue models --json | jq -r '.[].digest'": "for scripts",
    "segue models --fleet team.config.ts": "of another fleet",
  });
  const codes = exitCodesText({
    succeeded: "shown; the weights on this machine are those that the chain names",
    failed: "weights differ or can't be read",
  });
  return new Command("models")
    .summary("models that steps use, and whether the weights here are theirs")
    .description(
      "Lists the models of the chain: name, version, digest, and the steps whose results depend on them. Reads the\n" +
        "weights on this machine and compares their SHA-256 with the digest.",
    )
    .option(...fleetOption)
    .option("--json", "print an array of models as JSON", false)
    .addHelpText("after", examples + codes)
    .action((flags: ModelsFlags) => runModels(context, flags));
}

async function runModels(context: CommandContext, { fleet, json }: ModelsFlags): Promise<void> {
  const [{ loadFleet }, { checkModels, describeProblem }] = await Promise.all([
    import("@segue/step"),
    import("./check-models.ts"),
  ]);
  const { chain } = await loadFleet(fleetUrlOf(fleet, context.config.cwd));
  const models = await checkModels(chain.steps);
  if (json) writeJson(context, models);
  else context.stdout.write(`${renderModels(models)}\n`);
  const problems = models.flatMap((model) => describeProblem(model) ?? []);
  for (const problem of problems) context.stderr.write(`${problem}\n`);
  if (problems.length > 0) context.onExitCode(commandExitCodes.failed);
}

function renderModels(models: readonly CheckedModel[]): string {
  if (models.length === 0) return "no step of the chain uses a model";
  const rows = models.map(({ name, version, digest, steps, state }) => [
    name,
    version,
    digest.slice(0, shownDigits),
    steps.join(", "),
    state,
  ]);
  return formatColumns([["MODEL", "VERSION", "DIGEST", "STEPS", "WEIGHTS"], ...rows]);
}
