import { resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import type { CommandContext } from "../command-context.ts";
import { examplesText, exitCodesText } from "../command-exit-codes.ts";
import { fleetOption, fleetUrlOf } from "../fleet-option.ts";

interface ProfileFlags {
  runs: number;
  flame?: string;
  json: boolean;
  fleet?: string;
}

/** `segue profile`: what a step costs on a file. */
export function createProfileCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue profile tempo song.mp3": "five runs as a table",
    "segue profile key song.mp3 --runs 20 --json": "for scripts",
    "segue profile tempo song.mp3 --flame out.cpuprofile": "for Chrome DevTools, VS Code or speedscope",
  });
  const codes = exitCodesText({
    succeeded: "measured",
    failed: "the step, or one that it needs, failed",
    usage: "the command line is wrong, or there is no such step or file",
  });
  const command = new Command("profile")
    .summary("measure a step's time and memory on a local file")
    .description(
      "Runs a step several times on a file, in this process, and tells wall time, CPU time and peak memory.\n" +
        "The steps that it needs run once before and are not in the figures. The first run is the cold one.",
    )
    .argument("<step>", "a step of the chain")
    .argument("<file>", "an audio file")
    .option("--runs <number>", "how often", parseRuns, 5)
    .option("--flame <file>", "record one more run as a V8 .cpuprofile")
    .option("--json", "print { step, version, budget, runs, flame } as JSON", false)
    .option(...fleetOption)
    .addHelpText("after", examples + codes);
  return command.action(async (step: string, file: string, flags: ProfileFlags) => {
    const { cwd } = context.config;
    const [{ loadFleet }, { findInput }, { profileFile }] = await Promise.all([
      import("@segue/step"),
      import("../local-run/find-input.ts"),
      import("./profile-file.ts"),
    ]);
    const fleet = await loadFleet(fleetUrlOf(flags.fleet, cwd));
    const path = await findInput(command, fleet, step, file, cwd);
    const flame = flags.flame === undefined ? null : resolve(cwd, flags.flame);
    const request = { step, file: path, runs: flags.runs, flame, json: flags.json };
    context.onExitCode(await profileFile(fleet, request, context));
  });
}

function parseRuns(text: string): number {
  const runs = Number(text);
  if (/^\d+$/.test(text) && runs >= 1 && runs <= 1000) return runs;
  throw new InvalidArgumentError("expected a number of runs from 1 to 1000.");
}
