import type { Pool } from "@segue/catalog-db";
import type { Chain, Names } from "@segue/chain";
import {
  ArtifactRecord,
  type Attempt,
  isTrackObjectName,
  type StepOutcome,
  type StepSpec,
  TrackAccepted,
} from "@segue/contracts";
import { recordName } from "@segue/step/runner";
import { ObjectNotFoundError, type ObjectStore } from "@segue/store";
import { applyFacts } from "./apply-facts.ts";
import { acceptedFacts, outcomeFacts } from "./facts-of.ts";
import { type Facts, mergeFacts } from "./rows.ts";

export interface RebuildOptions {
  readonly pool: Pool;
  readonly store: ObjectStore;
  readonly names: Names;
  readonly chain: Chain<StepSpec>;
  /** Tracks read side by side, and committed together. Default 50. */
  readonly batchTracks?: number;
  onProgress?(counts: RebuildCounts): void;
}

export interface RebuildCounts {
  readonly tracks: number;
  readonly outcomes: number;
  /** Objects that are no tracks although they are named so. */
  readonly unreadable: number;
}

/**
 * Projects everything anew from the records bucket: accepted tracks, and for each the records at the addresses that the
 * present chain gives its artifacts. Adds to what the catalog has, so it may run beside it and be run again; memory
 * stays flat. Not in storage, and so not rebuilt: retries, dead letters, and results of earlier versions of a step.
 */
export async function rebuildFromStorage(options: RebuildOptions): Promise<RebuildCounts> {
  const { store, names, pool, chain, batchTracks = 50 } = options;
  const counts = { tracks: 0, outcomes: 0, unreadable: 0 };
  let batch: string[] = [];
  const commit = async () => {
    const read = await Promise.all(batch.map((name) => readTrackFacts(options, name)));
    batch = [];
    const found = read.filter((facts) => facts !== undefined);
    const facts = mergeFacts(found);
    await applyFacts(pool, chain, facts);
    counts.tracks += found.length;
    counts.unreadable += read.length - found.length;
    counts.outcomes += facts.attempts.length;
    options.onProgress?.({ ...counts });
  };
  for await (const { name } of store.walkObjects({ bucket: names.bucket("records"), prefix: "" })) {
    if (!isTrackObjectName(name)) continue;
    batch.push(name);
    if (batch.length >= batchTracks) await commit();
  }
  if (batch.length > 0) await commit();
  return counts;
}

async function readTrackFacts(options: RebuildOptions, name: string): Promise<Facts | undefined> {
  const { store, names, chain } = options;
  const parsed = TrackAccepted.safeParse(await store.readJson({ bucket: names.bucket("records"), name }));
  if (!parsed.success) return undefined;
  const track = parsed.data;
  const addresses = chain.addressesFor(track.master);
  const wanted = chain.steps.filter((step) => track.wants.includes(step.name));
  const outcomes = await Promise.all(
    wanted.map(async (step) => {
      const record = await readRecord(options, addresses.get(step.produces.name) ?? "");
      return record && asOutcome(track, step, record);
    }),
  );
  return mergeFacts([
    acceptedFacts(track),
    ...outcomes.filter((outcome) => outcome !== undefined).map(outcomeFacts),
  ]);
}

async function readRecord(
  { store, names }: RebuildOptions,
  address: string,
): Promise<ArtifactRecord | undefined> {
  try {
    const json = await store.readJson({ bucket: names.bucket("records"), name: recordName(address) });
    return ArtifactRecord.parse(json);
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined;
    throw error;
  }
}

/** What the runner said of the record when it was made; of a track that came later, when it was found there. */
function asOutcome(track: TrackAccepted, step: StepSpec, record: ArtifactRecord): StepOutcome {
  const made = record.attempt;
  const isOlder = made !== null && Date.parse(made.startedAt) < Date.parse(track.acceptedAt);
  const found: Attempt = {
    worker: "rebuild",
    startedAt: track.acceptedAt,
    finishedAt: track.acceptedAt,
    durationMs: 0,
    cpuMs: null,
    gpuMs: null,
    earlier: [],
    deliveryAttempt: 1,
  };
  const attempt = made === null || isOlder ? found : made;
  return {
    v: 1,
    type: "StepOutcome",
    trackId: track.trackId,
    master: track.master,
    step: step.name,
    version: record.step?.version ?? step.version,
    kind: record.kind,
    address: record.address,
    how: attempt === found ? "skipped" : "computed",
    outcome: record.outcome,
    attempt,
    at: attempt.finishedAt,
  };
}
