import { resolve } from "node:path";
import { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { examplesText, exitCodesText } from "../command-exit-codes.ts";
import { fleetOption, fleetUrlOf } from "../fleet-option.ts";
import { defaultInspectPort, parseInspectPort } from "./inspect-option.ts";

interface RunFlags {
  output?: string;
  inspect?: number | true;
  json: boolean;
  fleet?: string;
}

/** `segue run`: one step on a local file, without any cloud. */
export function createRunCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue run tempo song.mp3": "decodes, downsamples, and prints the tempo",
    "segue run encode song.flac -o song.m4a": "keeps the file that the step writes",
    "segue run tempo song.mp3 --json | jq .facts.bpm": "for scripts",
    "segue run key song.mp3 --inspect": "waits for a debugger and stops before the step",
  });
  const codes = exitCodesText({
    succeeded: "the step succeeded",
    failed: "the step, or one that it needs, failed: the code and what to do are printed",
    usage: "the command line is wrong, or there is no such step or file",
  });
  const command = new Command("run")
    .summary("run one step on a local file, without any cloud")
    .description(
      "Runs a step on a file in this process, after the steps that it needs, and prints its facts.\n" +
        "Nothing is queued or stored; budgets are not enforced, but what goes over its time is told.",
    )
    .argument("<step>", "a step of the chain")
    .argument("<file>", "an audio file")
    .option("-o, --output <file>", "keep the payload here; the facts as JSON for a kind without payload")
    .option("--inspect [port]", `wait for a debugger (default port: ${defaultInspectPort})`, parseInspectPort)
    .option("--json", "print { step, version, kind, facts, ... } as JSON", false)
    .option(...fleetOption)
    .addHelpText("after", examples + codes);
  return command.action(async (step: string, file: string, flags: RunFlags) => {
    const { cwd } = context.config;
    const [{ loadFleet }, { findInput }, { runFile }] = await Promise.all([
      import("@segue/step"),
      import("./find-input.ts"),
      import("./run-file.ts"),
    ]);
    const fleet = await loadFleet(fleetUrlOf(flags.fleet, cwd));
    const path = await findInput(command, fleet, step, file, cwd);
    const { inspect } = flags;
    const request = {
      step,
      file: path,
      output: flags.output === undefined ? null : resolve(cwd, flags.output),
      inspectPort: inspect === true ? defaultInspectPort : (inspect ?? null),
      json: flags.json,
    };
    context.onExitCode(await runFile(fleet, request, context));
  });
}
