import { Command, InvalidArgumentError } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { commandExitCodes, examplesText, exitCodesText } from "../command-exit-codes.ts";
import { apiCodes, apiOption } from "../fleet-api/api-options.ts";
import { parseList, targetsOption } from "../plan/selection-options.ts";
import type { FileVersion } from "../start/journal.ts";
import type { Submission } from "./submit-all.ts";
import type { BadSource, Sources, TrackSource } from "./track-source.ts";

interface Flags {
  readonly api: string;
  readonly manifest?: string;
  readonly targets?: string[];
  readonly journal: string;
  readonly atOnce: number;
  readonly dryRun: boolean;
  readonly json: boolean;
}

const defaultAtOnce = 8;

/** `segue add`: submits tracks to a running fleet. */
export function createAddCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue add song.flac music/ 'archive/**/*.wav'": "files, folders, patterns",
    "segue add gs://my-masters/2026/": "all audio below a prefix; the bytes go from there to the fleet",
    "segue add --manifest release.csv --targets tempo,key": "a line per track: source,title,targets",
    "find / -name '*.mp3' | jq -R '{source: .}' -c | segue add --manifest -": "JSONL from another program",
    "segue add --manifest catalog.jsonl --journal catalog.journal":
      "the same command goes on where it stopped",
  });
  const codes = exitCodesText({
    ...apiCodes,
    succeeded: "everything is accepted",
    failed: "some sources were refused, or Ctrl-C came first",
    usage: "the command line is wrong, or the manifest can't be used",
  });
  const command = new Command("add")
    .summary("submit tracks to a running fleet: files, folders, patterns, gs:// prefixes, manifests")
    .description(
      "Submits tracks, several side by side, fewer when the fleet asks to slow down. What was accepted is noted in a\n" +
        "journal: the same command, given again, submits what is missing.",
    )
    .argument("[sources...]", "files, folders, patterns, gs:// prefixes and objects, https:// addresses")
    .addOption(apiOption())
    .option("--manifest <file>", "a .csv or .jsonl file that names sources, or - for JSONL from stdin")
    .option(targetsOption[0], "targets of all that name none themselves (default: all)", parseList)
    .option("--journal <file>", "where to note what was accepted", ".segue/add.jsonl")
    .option("--at-once <number>", "sources under way at once, at most", parseCount, defaultAtOnce)
    .option("--dry-run", "only tell what would be submitted", false)
    .option(
      "--json",
      "print a line of JSON per source: { source, status, trackId } or { ..., code, message }",
      false,
    )
    .addHelpText("after", examples + codes);
  return command.action(async (sources: string[], flags: Flags) => {
    if (sources.length === 0 && flags.manifest === undefined)
      command.error("error: expected sources or --manifest, got neither");
    await runAdd(context, sources, flags);
  });
}

async function runAdd(context: CommandContext, names: readonly string[], flags: Flags): Promise<void> {
  const [
    { resolve },
    { ManifestError },
    { openJournal },
    { createPace },
    { useApi },
    { listenForInterrupts },
    add,
  ] = await Promise.all([
    import("node:path"),
    import("./read-manifest.ts"),
    import("../start/journal.ts"),
    import("../start/create-pace.ts"),
    import("../fleet-api/use-api.ts"),
    import("../start/interrupts.ts"),
    import("./submit-all.ts"),
  ]);
  const counts = new Map<string, number>();
  let unusable: string | undefined;
  const onEnd = (submission: Submission) => {
    const key = submission.status === "refused" ? submission.code : submission.status;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    if (flags.json) context.stdout.write(`${JSON.stringify(submission)}\n`);
    else if (submission.status === "refused")
      context.stderr.write(`refused: ${submission.source}: ${submission.code}: ${submission.message}\n`);
  };
  const sources = await openSources(context, names, flags);
  const journal = await openJournal(resolve(context.config.cwd, flags.journal));
  const interrupts = listenForInterrupts();
  try {
    if (flags.dryRun)
      return await tellSources(context, sources, (version) => journal.find(version), flags.json);
    await useApi(context, flags.api, async (api) => {
      // Else the first files would be tried for minutes.
      await api.readPage({ limit: 1, cursor: null }, new AbortController().signal);
      const submitting = add.submitAll(withTargets(sources, flags.targets), {
        api,
        journal,
        pace: createPace({ maxLimit: flags.atOnce }),
        atOnce: flags.atOnce,
        stopping: interrupts.signal,
        onEnd,
        onWait: (reason) => context.stderr.write(`${reason}\n`),
      });
      await submitting.catch((error: unknown) => {
        if (!(error instanceof ManifestError)) throw error;
        unusable = error.message;
      });
      if (!flags.json) context.stdout.write(`${describeCounts(counts)}\n`);
      const isWhole = [...counts.keys()].every((key) => key === "accepted" || key === "skipped");
      if (!isWhole || interrupts.signal.aborted) context.onExitCode(commandExitCodes.failed);
      if (interrupts.signal.aborted) context.stderr.write("Stopped; the same command goes on from here.\n");
    });
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    unusable = error.message;
  } finally {
    interrupts[Symbol.dispose]();
    await journal[Symbol.asyncDispose]();
  }
  if (unusable === undefined) return;
  context.stderr.write(`${unusable}\n`);
  context.onExitCode(commandExitCodes.usage);
}

async function openSources(
  { config }: CommandContext,
  names: readonly string[],
  { manifest }: Flags,
): Promise<Sources> {
  const [{ findSources, resolveEntries }, { readManifest }, { resolve }] = await Promise.all([
    import("./find-sources.ts"),
    import("./read-manifest.ts"),
    import("node:path"),
  ]);
  const options = {
    cwd: config.cwd,
    async openStore() {
      const [{ createObjectStore }, { readRunnerConfig }] = await Promise.all([
        import("@segue/store"),
        import("@segue/step/runner"),
      ]);
      const { projectId, gcsEndpoint } = readRunnerConfig(config.env);
      return createObjectStore({ projectId, apiEndpoint: gcsEndpoint });
    },
  };
  const all = async function* () {
    yield* findSources(names, options);
    if (manifest === undefined) return;
    const file = manifest === "-" ? manifest : resolve(config.cwd, manifest);
    yield* resolveEntries(readManifest(file, process.stdin), options);
  };
  return all();
}

async function* withTargets(
  sources: Sources,
  targets: readonly string[] | undefined,
): AsyncGenerator<TrackSource | BadSource> {
  for await (const source of sources)
    yield "code" in source ? source : { ...source, targets: source.targets ?? targets };
}

async function tellSources(
  context: CommandContext,
  sources: Sources,
  find: (version: FileVersion) => string | undefined,
  json: boolean,
): Promise<void> {
  for await (const source of sources) {
    if (json) writeJson(context, source);
    else if ("code" in source)
      context.stdout.write(`refused: ${source.name}: ${source.code}: ${source.message}\n`);
    else
      context.stdout.write(
        `${find(source.version) === undefined ? "new" : "accepted before"}: ${source.name}\n`,
      );
  }
}

function describeCounts(counts: ReadonlyMap<string, number>): string {
  const words = [...counts].map(([key, count]) => `${count.toLocaleString("en")} ${key}`);
  return words.length > 0 ? words.join(", ") : "nothing to submit";
}

function parseCount(text: string): number {
  if (/^\d{1,4}$/.test(text) && Number(text) >= 1) return Number(text);
  throw new InvalidArgumentError(`expected a number from 1 to 9999, got "${text}"`);
}
