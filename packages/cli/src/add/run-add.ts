import { resolve } from "node:path";
import type { ApiClient } from "@segue/client";
import type { ObjectStore } from "@segue/store";
import { printable } from "@segue/wording";
import { type CommandContext, toJson, writeJson } from "../command-context.ts";
import { commandExitCodes } from "../command-exit-codes.ts";
import { useApi } from "../fleet-api/use-api.ts";
import { createPace } from "../start/create-pace.ts";
import { type Interrupts, listenForInterrupts } from "../start/interrupts.ts";
import { type FileVersion, type Journal, openJournal } from "../start/journal.ts";
import { readablePath } from "../start/path-bytes.ts";
import { findSources, resolveEntries } from "./find-sources.ts";
import { journalOfFleet } from "./journal-of-fleet.ts";
import { ManifestError, readManifest } from "./read-manifest.ts";
import { noteOf, type Submission, submitAll } from "./submit-all.ts";
import type { BadSource, Sources, TrackSource } from "./track-source.ts";

export interface AddFlags {
  readonly api?: string;
  readonly manifest?: string;
  readonly targets?: string[];
  readonly journal?: string;
  readonly atOnce: number;
  readonly direct: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** Runs `segue add` to its end, and tells the exit code. */
export async function runAdd(
  context: CommandContext,
  names: readonly string[],
  flags: AddFlags,
): Promise<void> {
  const sources = withTargets(openSources(context, names, flags), flags.targets);
  const { config } = context;
  const journal = await openJournal(
    flags.journal === undefined
      ? await journalOfFleet(config, flags.api)
      : resolve(config.cwd, flags.journal),
  );
  const interrupts = listenForInterrupts();
  let unusable: ManifestError | undefined;
  const noteUnusable = (error: unknown) => {
    if (!(error instanceof ManifestError)) throw error;
    unusable = error;
  };
  try {
    if (flags.dryRun) await tellSources(context, sources, journal.find, flags.json).catch(noteUnusable);
    else {
      await useApi(context, flags.api, (api) =>
        submit(context, flags, { api, sources, journal, interrupts }).catch(noteUnusable),
      );
    }
  } finally {
    interrupts[Symbol.dispose]();
    await journal[Symbol.asyncDispose]();
  }
  if (unusable === undefined) return;
  context.stderr.write(`${unusable.message}\n`);
  context.onExitCode(commandExitCodes.usage);
}

interface Submitting {
  readonly api: ApiClient;
  readonly sources: Sources;
  readonly journal: Journal;
  readonly interrupts: Interrupts;
}

async function submit(
  context: CommandContext,
  { atOnce, direct: isDirect, json }: AddFlags,
  { api, sources, journal, interrupts }: Submitting,
): Promise<void> {
  // Else the first files would be tried for minutes.
  await api.readPage({ limit: 1, cursor: null });
  const counts = new Map<string, number>();
  const onEnd = (submission: Submission) => {
    const key = submission.status === "refused" ? submission.code : submission.status;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    if (json) context.stdout.write(`${toJson(submission)}\n`);
    else if (submission.status === "refused")
      context.stderr.write(
        `refused: ${nameOf(submission.source)}: ${submission.code}: ${printable(submission.message)}\n`,
      );
  };
  const onWait = (reason: string) => void context.stderr.write(`${reason}\n`);
  const pace = createPace({ maxLimit: atOnce });
  try {
    const stopping = interrupts.signal;
    await submitAll(sources, { api, journal, pace, atOnce, isDirect, stopping, onEnd, onWait });
  } finally {
    if (!json) context.stdout.write(`${describeCounts(counts)}\n`);
  }
  const isWhole = [...counts.keys()].every((key) => key === "accepted" || key === "skipped");
  if (!isWhole || interrupts.signal.aborted) context.onExitCode(commandExitCodes.failed);
  if (interrupts.signal.aborted) context.stderr.write("Stopped; the same command goes on from here.\n");
}

async function* openSources(
  { config }: CommandContext,
  names: readonly string[],
  { manifest }: AddFlags,
): AsyncGenerator<TrackSource | BadSource> {
  const options = { cwd: config.cwd, openStore: () => openStore(config.env) };
  yield* findSources(names, options);
  if (manifest === undefined) return;
  const file = manifest === "-" ? manifest : resolve(config.cwd, manifest);
  yield* resolveEntries(readManifest(file, process.stdin), options);
}

/** The clients of Cloud Storage are heavy: loaded only where a prefix is to be listed. */
async function openStore(env: NodeJS.ProcessEnv): Promise<ObjectStore> {
  const [{ createObjectStore }, { readRunnerConfig }] = await Promise.all([
    import("@segue/store"),
    import("@segue/host"),
  ]);
  const { projectId, gcsEndpoint } = readRunnerConfig(env);
  return createObjectStore({ projectId, apiEndpoint: gcsEndpoint });
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
      context.stdout.write(`refused: ${nameOf(source.name)}: ${source.code}: ${printable(source.message)}\n`);
    else
      context.stdout.write(
        `${find(noteOf(source)) === undefined ? "new" : "accepted before"}: ${nameOf(source.name)}\n`,
      );
  }
}

/** A file's name, whatever is in it, as a terminal can show it. */
function nameOf(path: string): string {
  return printable(readablePath(path));
}

function describeCounts(counts: ReadonlyMap<string, number>): string {
  const words = [...counts].map(([key, count]) => `${count.toLocaleString("en")} ${key}`);
  return words.length > 0 ? words.join(", ") : "nothing to submit";
}
