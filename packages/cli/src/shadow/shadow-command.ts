import { Command, InvalidArgumentError } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { commandExitCodes, examplesText, exitCodesText } from "../command-exit-codes.ts";
import { apiCodes, apiOption } from "../fleet-api/api-options.ts";
import { fleetOption, fleetUrlOf } from "../fleet-option.ts";
import { renderShadow } from "./render-shadow.ts";

interface Flags {
  readonly api?: string;
  readonly fleet?: string;
  readonly sample: number;
  readonly json: boolean;
}

const defaultSample = 50;

/** `segue shadow`: a new version beside the old one, on a sample. */
export function createShadowCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue shadow tempo": "the tempo step of this folder's code, on 50 tracks of the fleet on this machine",
    "segue shadow tempo --api https://segue.example.org --sample 500 --json": "of another fleet, for scripts",
    "segue shadow tempo --fleet next.config.ts": "a version that another fleet file names",
  });
  const codes = exitCodesText({
    ...apiCodes,
    succeeded: "compared, whatever came of it",
    failed: "no track of the fleet has a result of the step",
  });
  const command = new Command("shadow")
    .summary("run a step's new version beside the old one on a sample, and tell what changes")
    .description(
      "Runs a step of the code at hand on masters of a running fleet, on this machine, and compares facts with those that the\n" +
        "fleet has: how many results change, which facts, by how much, with examples. Nothing is queued or stored.\n" +
        "To promote the version, raise its number, deploy its worker and run `segue make`; to drop it, do nothing.",
    )
    .argument("<step>", "a step of the chain")
    .addOption(apiOption())
    .option("--sample <tracks>", "how many tracks to run on, the newest first", parseCount, defaultSample)
    .option(...fleetOption)
    .option("--json", "print the report as JSON", false)
    .addHelpText("after", examples + codes);
  return command.action(async (step: string, flags: Flags) => {
    const [{ loadFleet }, { useApi }, { runShadow }, { listenForInterrupts }] = await Promise.all([
      import("@segue/step"),
      import("../fleet-api/use-api.ts"),
      import("./run-shadow.ts"),
      import("../start/interrupts.ts"),
    ]);
    const fleet = await loadFleet(fleetUrlOf(flags.fleet, context.config.cwd));
    const names = fleet.chain.steps.map(({ name }) => name);
    if (!names.includes(step)) command.error(`error: expected a step (${names.join(", ")}), got "${step}"`);
    const interrupts = listenForInterrupts();
    await useApi(context, flags.api, async (api) => {
      const { signal } = interrupts;
      const report = await runShadow({
        api,
        fleet,
        step,
        sample: flags.sample,
        stderr: context.stderr,
        signal,
      });
      if (flags.json) writeJson(context, report);
      else context.stdout.write(`${renderShadow(report)}\n`);
      if (report.compared + report.failures.length === 0) context.onExitCode(commandExitCodes.failed);
    });
    interrupts[Symbol.dispose]();
  });
}

function parseCount(text: string): number {
  if (/^\d{1,6}$/.test(text) && Number(text) >= 1) return Number(text);
  throw new InvalidArgumentError(`expected a number of tracks from 1, got "${text}"`);
}
