import type { ReplayRequest } from "@segue/contracts";
import { formatCount } from "@segue/wording";
import { Command, Option } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { examplesText, exitCodesText } from "../command-exit-codes.ts";
import { formatColumns } from "../format-columns.ts";
import { parseList } from "../plan/selection-options.ts";
import { apiCodes, apiOption, limitOption } from "./api-options.ts";

interface Flags {
  readonly api?: string;
  readonly force?: string[];
  readonly failed?: boolean;
  readonly code?: string;
  readonly step?: string;
  readonly allFailed?: boolean;
  readonly limit: number;
  readonly dryRun: boolean;
  readonly json: boolean;
}

const manyLimit = 1_000_000;

/** `segue replay`: a track, or all that have failed, goes through the chain again. */
export function createReplayCommand(context: CommandContext): Command {
  const id = "01a1fddc-6e90-78a3-813c-ac538a3eb774";
  const examples = examplesText({
    [`segue replay ${id}`]: "what is there is found there",
    [`segue replay ${id} --failed`]: "what has failed is tried again",
    [`segue replay ${id} --force tempo`]: "tempo is computed although it is there",
    "segue replay --code retries-exhausted --step tempo": "every track of which tempo was given up",
    "segue replay --code step-failed": "and those whose last error was one that the step threw",
    "segue replay --all-failed --dry-run": "how many there would be, by step and code",
  });
  const codes = exitCodesText({
    ...apiCodes,
    succeeded: "sent",
    failed: "there is no such track, or it does not want a step",
  });
  const command = new Command("replay")
    .summary(
      "send tracks of a running fleet through the chain again: one, those with a code, all that failed",
    )
    .description(
      "Announces a track's master again. What is there is skipped, permanent failures included, unless forced. Of many\n" +
        "tracks, it is what has failed that is tried again, at the pace that the fleet allows.",
    )
    .argument("[id]", "one track's id")
    .addOption(apiOption())
    .option("--force <steps>", "of one track: steps to compute although their results are there", parseList)
    .addOption(new Option("--failed", "of one track: compute the steps that have failed").conflicts("force"))
    .option("--code <code>", "all tracks with a step that has failed so, or was given up after such an error")
    .option("--step <step>", "all tracks of which this step has failed")
    .option("--all-failed", "all tracks of which anything has failed")
    .addOption(limitOption(manyLimit))
    .option("--dry-run", "of many: only count them", false)
    .option("--json", "print what was begun as JSON", false)
    .addHelpText("after", examples + codes);
  return command.action(async (track: string | undefined, flags: Flags) => {
    const isMany = Boolean(flags.code ?? flags.step ?? flags.allFailed);
    if (isMany === (track !== undefined))
      command.error("error: expected either an id, or one of --code, --step, --all-failed");
    if (track === undefined) return runReplayMany(context, flags);
    const { checkTrackId } = await import("./use-api.ts");
    checkTrackId(command, track);
    return runReplayOne(context, track, flags);
  });
}

async function runReplayOne(
  context: CommandContext,
  track: string,
  { api: url, force, failed, json }: Flags,
): Promise<void> {
  const { NotThere, useApi } = await import("./use-api.ts");
  const request: ReplayRequest = failed ? { force: "failed" } : force ? { force } : {};
  await useApi(context, url, async (api) => {
    const receipt = await api.replay(track, request);
    if (!receipt) throw new NotThere(`no track ${track}`);
    if (json) return writeJson(context, receipt);
    const forced = receipt.force.length > 0 ? `; computed anew: ${receipt.force.join(", ")}` : "";
    context.stdout.write(`${receipt.url} goes through ${receipt.wants.join(", ")} again${forced}\n`);
  });
}

async function runReplayMany(context: CommandContext, flags: Flags): Promise<void> {
  const [{ useApi }, { replayMany }, { listenForInterrupts }] = await Promise.all([
    import("./use-api.ts"),
    import("./replay-many.ts"),
    import("../start/interrupts.ts"),
  ]);
  const { code, step, limit, dryRun } = flags;
  const filter = { failed: "true", ...(code ? { code } : {}), ...(step ? { step } : {}) };
  const interrupts = listenForInterrupts();
  try {
    await useApi(context, flags.api, async (api) => {
      const onWait = (reason: string) => context.stderr.write(`${reason}\n`);
      const { signal } = interrupts;
      const replayed = await replayMany(api, { filter, limit, dryRun, signal, onWait });
      if (flags.json) return writeJson(context, replayed);
      const verb = dryRun ? "would go" : "go";
      context.stdout.write(`${formatCount(replayed.tracks, "track")} ${verb} through the chain again\n`);
      const rows = replayed.groups.map((group) => [String(group.tracks), group.code, group.step]);
      if (rows.length > 0) context.stdout.write(`${formatColumns(rows, { right: [0] })}\n`);
    });
  } finally {
    interrupts[Symbol.dispose]();
  }
}
