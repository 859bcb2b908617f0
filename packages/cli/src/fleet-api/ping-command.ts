import { setTimeout as sleep } from "node:timers/promises";
import type { ApiClient } from "@segue/client";
import type { PingAnswers, PingReceipt } from "@segue/contracts";
import { formatLatency, printable } from "@segue/wording";
import { Command, InvalidArgumentError } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { commandExitCodes, examplesText, exitCodesText } from "../command-exit-codes.ts";
import { formatColumns } from "../format-columns.ts";
import { parseList } from "../plan/selection-options.ts";
import { apiCodes, apiOption } from "./api-options.ts";

interface Flags {
  readonly api?: string;
  readonly targets?: string[];
  readonly backfill: boolean;
  readonly timeout: number;
  readonly json: boolean;
}

const pollMs = 100;

/** `segue ping`: walks the chain, computes nothing, tells who is there. */
export function createPingCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue ping": "is there a worker for every step, and how long does it take to get there?",
    "segue ping --targets tempo --timeout 120":
      "only the steps that tempo needs; a pool that starts from nothing takes its time",
    "segue ping --backfill": "the way that a backfill takes, which waits for what is live",
  });
  const codes = exitCodesText({
    ...apiCodes,
    succeeded: "every step has answered",
    failed: "a step has not answered in time, or a target is unknown",
  });
  return new Command("ping")
    .summary("walk the chain of a running fleet, compute nothing, and tell who is there")
    .description(
      "Sends a message through the whole chain, as a track's: each step answers, computes nothing and sends it on.",
    )
    .addOption(apiOption())
    .option("--targets <names>", "only the steps that these need, separated by commas", parseList)
    .option("--backfill", "take the way of backfills", false)
    .option("--timeout <sec>", "how long to wait for answers", parseSeconds, 30)
    .option("--json", "print an array of { step, version, worker, afterMs } as JSON", false)
    .addHelpText("after", examples + codes)
    .action((flags: Flags) => runPing(context, flags));
}

async function runPing(context: CommandContext, flags: Flags): Promise<void> {
  const { useApi } = await import("./use-api.ts");
  await useApi(context, flags.api, async (api) => {
    const ping = await api.sendPing({
      ...(flags.targets ? { targets: flags.targets } : {}),
      priority: flags.backfill ? "backfill" : "live",
    });
    const rows = describeAnswers(ping, await waitForAnswers(api, ping, flags.timeout * 1_000));
    if (flags.json) writeJson(context, rows);
    else context.stdout.write(`${renderAnswers(rows)}\n`);
    if (rows.some(({ afterMs }) => afterMs === null)) context.onExitCode(commandExitCodes.failed);
  });
}

type Answers = PingAnswers["answers"];

async function waitForAnswers(
  api: ApiClient,
  { id, wants }: PingReceipt,
  timeoutMs: number,
): Promise<Answers> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    const { answers } = await api.readPing(id);
    if (answers.length >= wants.length || performance.now() > until) return answers;
    await sleep(pollMs);
  }
}

interface PingedStep {
  readonly step: string;
  /** All null where no worker has answered. */
  readonly version: number | null;
  readonly worker: string | null;
  readonly afterMs: number | null;
}

function describeAnswers({ sentAt, wants }: PingReceipt, answers: Answers): PingedStep[] {
  return wants.map((step) => {
    const answer = answers.find((other) => other.step === step);
    if (!answer) return { step, version: null, worker: null, afterMs: null };
    const { version, worker, at } = answer;
    // Workers' clocks may be behind the API's.
    return { step, version, worker, afterMs: Math.max(0, Date.parse(at) - Date.parse(sentAt)) };
  });
}

function renderAnswers(rows: readonly PingedStep[]): string {
  const lines = rows.map(({ step, version, worker, afterMs }) =>
    afterMs === null
      ? [step, "no answer", "", ""]
      : [step, formatLatency(afterMs), `version ${version}`, printable(worker ?? "")],
  );
  return formatColumns(lines);
}

function parseSeconds(text: string): number {
  const sec = Number(text);
  if (text.trim() !== "" && sec > 0 && sec <= 3_600) return sec;
  throw new InvalidArgumentError(`expected seconds, more than 0 and at most 3600, got "${text}"`);
}
