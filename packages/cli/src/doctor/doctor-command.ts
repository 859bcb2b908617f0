import { resolve } from "node:path";
import { Command } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { commandExitCodes, examplesText, exitCodesText } from "../command-exit-codes.ts";
import { fleetOption, fleetUrlOf } from "../fleet/project-fleet.ts";
import { formatColumns } from "../format-columns.ts";
import { parsePort } from "../start/port-option.ts";

interface Flags {
  readonly data: string;
  readonly port: number;
  readonly fleet?: string;
  readonly json: boolean;
}

/** `segue doctor`: what this machine lacks. */
export function createDoctorCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue doctor": "Node, cores, memory, disk, ffmpeg, every step's set-up, and what the environment names",
    "DATABASE_URL=postgres://... segue doctor --json": "with a Postgres of your own; for scripts",
  });
  const codes = exitCodesText({ succeeded: "no problem was found", failed: "a problem was found" });
  return new Command("doctor")
    .summary("what this machine has and lacks for a fleet")
    .description(
      "Looks at the machine, sets up every step as its workers do (models are verified, programs looked for), and tries what\n" +
        "the environment names of a cloud. Nothing is changed.",
    )
    .option("--data <dir>", "folder for all state", ".segue")
    .option("--port <number>", "the API's port", parsePort, 8080)
    .option(...fleetOption)
    .option("--json", "print an array of { what, verdict, found, remedy } as JSON", false)
    .addHelpText("after", examples + codes)
    .action(async (flags: Flags) => {
      const { cwd, env } = context.config;
      const [{ loadFleet }, { examine }] = await Promise.all([import("@segue/step"), import("./examine.ts")]);
      const fleet = await loadFleet(fleetUrlOf(flags.fleet, cwd));
      const dataDir = resolve(cwd, flags.data);
      const all = await examine({ fleet, env, dataDir, apiPort: flags.port });
      if (flags.json) writeJson(context, all);
      else {
        const rows = all.map(({ what, verdict, found, remedy }) => [
          verdict,
          what,
          remedy === null ? found : `${found}: ${remedy}`,
        ]);
        context.stdout.write(`${formatColumns(rows)}\n`);
      }
      if (all.some(({ verdict }) => verdict === "problem")) context.onExitCode(commandExitCodes.failed);
    });
}
