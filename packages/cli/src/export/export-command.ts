import { resolve } from "node:path";
import { TrackState, type TrackSummary } from "@segue/contracts";
import { formatCount, printable } from "@segue/wording";
import { Command, Option } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { commandExitCodes, examplesText, exitCodesText } from "../command-exit-codes.ts";
import { apiCodes, apiOption, limitOption } from "../fleet-api/api-options.ts";
import { fleetOption, fleetUrlOf } from "../fleet-option.ts";
import { describeWritten } from "./describe-written.ts";

interface Flags {
  readonly api?: string;
  readonly out?: string;
  readonly limit: number;
  readonly state?: TrackSummary["state"];
  readonly json: boolean;
  readonly values: boolean;
  readonly databaseAccess: boolean;
  readonly fleet?: string;
  readonly placement?: string;
}

/** `segue export`: what a fleet has made, as files; or what it is made of, as data. */
export function createExportCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue export --out results": "of all tracks: results.csv, results.jsonl and assets/",
    "segue export --out bad --state failed --limit 1000": "of the newest thousand that failed",
    "GOOGLE_CLOUD_PROJECT=music segue export --json":
      "all that the fleet is made of, for charts and infrastructure",
    "segue export --json --placement economy": "the same, in another placement",
    "segue export --values > fleet.json":
      "the same, as a file of values: helm install segue helm/segue -f fleet.json",
    "segue export --database-access > access.sql":
      "what services may do in the database, for psql: docs/database-access.md",
  });
  const codes = exitCodesText({
    ...apiCodes,
    succeeded: "written",
    failed: "the folder can't be written, or an asset is gone; the rest is there",
  });
  const command = new Command("export")
    .summary("write the results of a running fleet as files, or what a fleet is made of as JSON")
    .description(
      "With --out: writes results.csv (every fact that its kind has indexed is a column), results.jsonl (each track as the API has it)\n" +
        "and assets/ (AAC, waveforms, whatever steps keep) into a folder. Files that are there are written anew.\n" +
        "Without: --json prints the fleet's specification (services and what they need, topics, subscriptions, buckets, grants,\n" +
        "variables) as its code has it; nothing has to run. GOOGLE_CLOUD_PROJECT and SEGUE_PREFIX say whose.",
    )
    .addOption(apiOption())
    .option("--out <dir>", "the folder for results; made if it is not there")
    .addOption(limitOption(1_000_000))
    .addOption(new Option("--state <state>", "only tracks in this state").choices(TrackState.options))
    .option(
      "--json",
      "with --out: print { dir, tracks, assets, missing } when it is written; without: print the specification",
      false,
    )
    .option("--values", "print the specification as a file of values for the chart (helm/segue)", false)
    .option(
      "--database-access",
      "print what services may do in the catalog's database, as SQL for psql: before the first start and each update",
      false,
    )
    .option("--placement <name>", "of the specification (default: SEGUE_PLACEMENT, or default)")
    .option(...fleetOption)
    .addHelpText("after", examples + codes);
  return command.action((flags: Flags) => {
    const { out } = flags;
    if (out !== undefined) return exportResults(context, { ...flags, out });
    if (flags.json || flags.values || flags.databaseAccess) return exportSpec(context, flags);
    command.error(
      "error: expected --out <dir> for results, or --json, --values or --database-access for what the fleet is made of",
    );
  });
}

async function exportSpec(context: CommandContext, flags: Flags): Promise<void> {
  const { fleet, placement, values } = flags;
  const [{ describeFleet }, { loadFleet }, { readRunnerConfig }] = await Promise.all([
    import("@segue/fleet-spec"),
    import("@segue/step"),
    import("@segue/host/environment"),
  ]);
  const { config } = context;
  const env = { ...config.env, ...(placement === undefined ? {} : { SEGUE_PLACEMENT: placement }) };
  const naming = readRunnerConfig(env);
  const loaded = await loadFleet(fleetUrlOf(fleet, config.cwd), env);
  const spec = await describeFleet(loaded, naming, naming.placement);
  if (flags.databaseAccess) {
    const { renderDatabaseAccess } = await import("@segue/infra/database-access");
    context.stdout.write(renderDatabaseAccess(spec));
  } else writeJson(context, values ? { fleet: spec } : spec);
}

async function exportResults(
  context: CommandContext,
  { api: url, out, limit, state, json }: Flags & { readonly out: string },
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
