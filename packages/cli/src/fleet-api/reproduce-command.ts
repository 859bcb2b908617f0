import { resolve } from "node:path";
import { Command } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { commandExitCodes, examplesText, exitCodesText } from "../command-exit-codes.ts";
import { fleetOption, fleetUrlOf } from "../fleet-option.ts";
import { defaultInspectPort, parseInspectPort } from "../local-run/inspect-option.ts";
import { apiCodes, apiOption } from "./api-options.ts";

interface Flags {
  readonly api?: string;
  readonly fleet?: string;
  readonly inspect?: number | true;
  readonly keep?: string;
  readonly json: boolean;
}

/** `segue failed reproduce`: one step of one track, here. */
export function createReproduceCommand(context: CommandContext): Command {
  const id = "01a1fddc-6e90-78a3-813c-ac538a3eb774";
  const examples = examplesText({
    [`segue failed reproduce ${id} tempo`]: "does it fail here too?",
    [`segue failed reproduce ${id} tempo --inspect`]: "under a debugger",
    [`segue failed reproduce ${id} decode --keep ./bad`]: "and keep the master",
  });
  const codes = exitCodesText({
    ...apiCodes,
    succeeded: "the step succeeds here",
    failed: "it fails here too, or one that it needs does; or there is no such track",
  });
  const command = new Command("reproduce")
    .summary("run one step of a track on this machine, under a debugger if you like")
    .description(
      "Fetches a track's master from the fleet, makes the step's inputs of it on this machine, and runs the step: what it\n" +
        "makes is determined by the master and the chain. Nothing is queued or stored in the fleet.",
    )
    .argument("<id>", "the track's id")
    .argument("<step>", "a step of the chain")
    .addOption(apiOption())
    .option("--inspect [port]", `wait for a debugger (default port: ${defaultInspectPort})`, parseInspectPort)
    .option("--keep <dir>", "keep the master in this folder")
    .option(...fleetOption)
    .option("--json", "print { step, recorded, here, sameRecipe } as JSON", false)
    .addHelpText("after", examples + codes);
  return command.action(async (track: string, step: string, flags: Flags) => {
    const [{ loadFleet }, { checkTrackId, useApi }, { reproduceStep }] = await Promise.all([
      import("@segue/step"),
      import("./use-api.ts"),
      import("./reproduce-step.ts"),
    ]);
    checkTrackId(command, track);
    const { cwd } = context.config;
    const fleet = await loadFleet(fleetUrlOf(flags.fleet, cwd));
    const names = fleet.chain.steps.map(({ name }) => name);
    if (!names.includes(step)) command.error(`error: expected a step (${names.join(", ")}), got "${step}"`);
    await useApi(context, flags.api, async (api) => {
      const keep = flags.keep === undefined ? null : resolve(cwd, flags.keep);
      const inspectPort = flags.inspect === true ? defaultInspectPort : (flags.inspect ?? null);
      const request = { api, fleet, track, step, keep, inspectPort, stderr: context.stderr };
      const { report, text } = await reproduceStep(request);
      if (flags.json) writeJson(context, report);
      else context.stdout.write(`${text}\n`);
      if (report.here !== null) context.onExitCode(commandExitCodes.failed);
    });
  });
}
