import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type LogLine, LogReader, listLogs } from "@segue/launcher/logs";
import { logLevels } from "@segue/telemetry/severity";
import { Command, InvalidArgumentError, Option } from "commander";
import type { CommandContext } from "../command-context.ts";
import { commandExitCodes, examplesText, exitCodesText } from "../command-exit-codes.ts";
import { readCliSettings } from "../config.ts";
import { isAsked, renderLogLine, sortByTime } from "./render-log.ts";

interface Flags {
  readonly data?: string;
  readonly lines: number;
  readonly follow: boolean;
  readonly level: string;
  readonly track?: string;
  readonly json: boolean;
}

const pollMs = 300;

/** `segue logs`: what the processes of the local fleet have logged. */
export function createLogsCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue logs": "the last lines of all processes, in the order of time",
    "segue logs decode encode --follow": "of two, and what comes",
    "segue logs --level warn --lines 500": "only what is worth a look",
    "segue logs --track 01a1fddc-6e90-78a3-813c-ac538a3eb774": "only what is about one track",
  });
  const codes = exitCodesText({
    succeeded: "shown",
    failed: "there are no logs, or none of such a process",
  });
  return new Command("logs")
    .summary("what the processes of the local fleet have logged")
    .description(
      "Shows the logs in a local fleet's data folder, whether it runs or not: services and the parts of the local cloud.",
    )
    .argument("[processes...]", "services, or pubsub, gcs, postgres (default: all)")
    .option("--data <dir>", "the fleet's data folder (default: SEGUE_DATA_DIR, else .segue)")
    .option("--lines <number>", "how many of the last lines", parseLines, 50)
    .option("-f, --follow", "go on with what is written from now on, until Ctrl-C", false)
    .addOption(
      new Option("--level <level>", "only lines as grave as this").choices(logLevels).default("trace"),
    )
    .option("--track <id>", "only lines that name this track")
    .option("--json", "print the lines as they are", false)
    .addHelpText("after", examples + codes)
    .action((processes: string[], flags: Flags) => showLogs(context, processes, flags));
}

async function showLogs(context: CommandContext, names: readonly string[], flags: Flags): Promise<void> {
  const { cwd } = context.config;
  const dataDir =
    flags.data === undefined ? readCliSettings(context.config).dataDir : resolve(cwd, flags.data);
  const logDir = join(dataDir, "logs");
  const there = await listLogs(logDir).catch((): string[] => []);
  const wrong = names.find((name) => !there.includes(name));
  if (there.length === 0 || wrong !== undefined) {
    const words =
      there.length === 0 ? `no logs in ${logDir}` : `no log of "${wrong}"; there are: ${there.join(", ")}`;
    context.stderr.write(`segue logs: ${words}\n`);
    return context.onExitCode(commandExitCodes.failed);
  }
  const readers = (names.length > 0 ? names : there).map((name) => new LogReader(logDir, name));
  const readAsked = async () => {
    const lines = (await Promise.all(readers.map((reader) => reader.read()))).flat();
    return sortByTime(lines).filter((line) => isAsked(line, { least: flags.level, track: flags.track }));
  };
  const print = (lines: readonly LogLine[]) => {
    for (const line of lines) context.stdout.write(`${flags.json ? line.text : renderLogLine(line)}\n`);
  };
  print((await readAsked()).slice(-flags.lines));
  if (!flags.follow) return;
  const { listenForInterrupts } = await import("../start/interrupts.ts");
  const { signal } = listenForInterrupts();
  while (!signal.aborted) {
    await sleep(pollMs, undefined, { signal }).catch(() => {});
    print(await readAsked());
  }
}

function parseLines(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError(`expected a number from 0 to 999999, got "${text}"`);
}
