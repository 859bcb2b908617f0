import { resolve } from "node:path";
import { TrackState, type TrackSummary } from "@segue/contracts";
import { Command, Option } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { commandExitCodes, examplesText, exitCodesText } from "../command-exit-codes.ts";
import { apiCodes, apiOption, limitOption } from "../fleet-api/api-options.ts";
import { formatCount, printable } from "../start/format-text.ts";
import { describeWritten } from "./describe-written.ts";

interface Flags {
  readonly api?: string;
  readonly out: string;
  readonly limit: number;
  readonly state?: TrackSummary["state"];
  readonly json: boolean;
}

/** `segue export`: results of a running fleet as files. */
export function createExportCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue export --out results": "of all tracks: results.csv, results.jsonl and assets/",
    "segue export --out bad --state failed --limit 1000": "of the newest thousand that failed",
  });
  const codes = exitCodesText({
    ...apiCodes,
    succeeded: "written",
    failed: "the folder can't be written, or an asset is gone; the rest is there",
  });
  return new Command("export")
    .summary("write the results of a running fleet as CSV, JSON lines and files")
    .description(
      "Writes results.csv (every fact that its kind has indexed is a column), results.jsonl (each track as the API has it) and assets/ (AAC,\n" +
        "waveforms, whatever steps keep) into a folder. Files that are there are written anew.",
    )
    .addOption(apiOption())
    .requiredOption("--out <dir>", "the folder; made if it is not there")
    .addOption(limitOption(1_000_000))
    .addOption(new Option("--state <state>", "only tracks in this state").choices(TrackState.options))
    .option("--json", "print { dir, tracks, assets, missing } when it is written", false)
    .addHelpText("after", examples + codes)
    .action((flags: Flags) => runExport(context, flags));
}

async function runExport(
  context: CommandContext,
  { api: url, out, limit, state, json }: Flags,
): Promise<void> {
  const [{ useApi }, { walkTracks }, { ResultWriter }] = await Promise.all([
    import("../fleet-api/use-api.ts"),
    import("@segue/client"),
    import("./result-writer.ts"),
  ]);
  const { stderr, stdout, onExitCode, config } = context;
  const { signal } = new AbortController();
  await useApi(context, url, async (api) => {
    const onMissing = (path: string) => void stderr.write(`gone: ${printable(path)}\n`);
    const writer = await ResultWriter.open(resolve(config.cwd, out), { api, signal, onMissing });
    let seen = 0;
    for await (const { id } of walkTracks(api, limit, state === undefined ? {} : { state })) {
      const track = await api.readTrack(id, { signal });
      if (track) await writer.add(track.fileName ?? track.title ?? track.id, track);
      if (++seen % 1_000 === 0) stderr.write(`${formatCount(seen, "track")} so far\n`);
    }
    const written = await writer.finish();
    if (json) writeJson(context, written);
    else stdout.write(`${describeWritten(written)}\n`);
    if (written.missing > 0) onExitCode(commandExitCodes.failed);
  });
}
