import { recordName } from "@segue/artifacts";
import type { Pool } from "@segue/catalog-db";
import type { Chain, Names } from "@segue/chain";
import {
  ArtifactRecord,
  isReplayObjectName,
  isTrackObjectName,
  ReplayRequested,
  readKnown,
  StepError,
  type StepSpec,
  TrackAccepted,
} from "@segue/contracts";
import { ObjectNotFoundError, type ObjectStore } from "@segue/store";
import { applyFacts } from "./apply-facts.ts";
import { acceptedFacts, outcomeFacts, replayFacts } from "./facts-of.ts";
import { outcomesOf } from "./outcomes-of-record.ts";
import { readEarlierVersions } from "./rebuild-earlier-versions.ts";
import { type Facts, mergeFacts } from "./rows.ts";

export interface RebuildOptions {
  readonly pool: Pool;
  readonly store: ObjectStore;
  readonly names: Names;
  readonly chain: Chain<StepSpec>;
  /** Tracks read side by side, and committed together. Default 50. */
  readonly batchTracks?: number;
  /** Replays from before are left out: the queue has nothing of them any more. Default: what it keeps, 7 days ago. */
  readonly replaysSince?: Date;
  onProgress?(counts: RebuildCounts): void;
}

export interface RebuildCounts {
  readonly tracks: number;
  readonly outcomes: number;
  /** Objects that are no tracks although they are named so. */
  readonly unreadable: number;
}

const recordSuffix = /^[0-9a-f]{64}\.json$/;
/** Addresses that the database is asked for at once. */
const addressesAtOnce = 500;
const queueRetentionMs = 7 * 86_400_000;

/**
 * Projects everything anew from the records bucket: accepted tracks, and for each the records at the addresses that the
 * present chain gives its artifacts; then the records at other addresses, which versions from before have left. Adds to what the
 * catalog has, so it may run beside it and be run again; memory stays flat. Not in storage, and so not rebuilt: retries, dead
 * letters and the failures that they end with, and backfills.
 */
export async function rebuildFromStorage(options: RebuildOptions): Promise<RebuildCounts> {
  const { pool, chain, batchTracks = 50 } = options;
  const counts = { tracks: 0, outcomes: 0, unreadable: 0 };
  const commit = async (facts: Facts, unreadable = 0) => {
    await applyFacts(pool, chain, facts);
    counts.tracks += facts.tracks.length;
    counts.outcomes += facts.attempts.length;
    counts.unreadable += unreadable;
    options.onProgress?.({ ...counts });
  };
  const isRequest = (name: string) => isTrackObjectName(name) || isReplayObjectName(name);
  for await (const batch of walkNames(options, isRequest, batchTracks)) {
    const read = await Promise.all(batch.map((name) => readRequest(options, name)));
    const found = read.filter((facts) => facts !== undefined);
    await commit(mergeFacts(found), read.length - found.length);
  }
  const readRecord = (address: string) => readRecordAt(options, address);
  const isRecord = (name: string) => recordSuffix.test(name);
  for await (const batch of walkNames(options, isRecord, addressesAtOnce)) {
    const addresses = batch.map((name) => name.slice(0, 64));
    await commit(await readEarlierVersions({ pool, readRecord }, addresses));
  }
  return counts;
}

/** Names of objects in the records bucket, so many at a time. */
async function* walkNames(
  { store, names }: RebuildOptions,
  isOurs: (name: string) => boolean,
  size: number,
): AsyncGenerator<readonly string[]> {
  let batch: string[] = [];
  for await (const { name } of store.walkObjects({ bucket: names.bucket("records"), prefix: "" })) {
    if (!isOurs(name)) continue;
    batch.push(name);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function readRequest(options: RebuildOptions, name: string): Promise<Facts | undefined> {
  const { store, names, replaysSince = new Date(Date.now() - queueRetentionMs) } = options;
  const json = await store.readJson({ bucket: names.bucket("records"), name });
  if (!isReplayObjectName(name)) {
    const track = TrackAccepted.safeParse(json);
    return track.success ? readTrackFacts(options, track.data) : undefined;
  }
  const replay = ReplayRequested.safeParse(json);
  if (!replay.success) return undefined;
  return Date.parse(replay.data.requestedAt) < replaysSince.getTime()
    ? mergeFacts([])
    : replayFacts(replay.data);
}

async function readTrackFacts(options: RebuildOptions, track: TrackAccepted): Promise<Facts> {
  const { chain } = options;
  const addresses = chain.addressesFor(track.master);
  const wanted = chain.steps.filter((step) => track.wants.includes(step.name));
  const records = await Promise.all(
    wanted.map((step) => readRecordAt(options, addresses.get(step.produces.name) ?? "")),
  );
  const outcomes = records.flatMap((record) => (record ? outcomesOf(track, record) : []));
  return mergeFacts([acceptedFacts(track), ...outcomes.map(outcomeFacts)]);
}

async function readRecordAt(
  { store, names }: RebuildOptions,
  address: string,
): Promise<ArtifactRecord | undefined> {
  try {
    const json = await store.readJson({ bucket: names.bucket("records"), name: recordName(address) });
    return readKnown(ArtifactRecord, json);
  } catch (error) {
    // What a younger release has made is for its own catalog to tell.
    const isYounger = error instanceof StepError && error.code === "worker-outdated";
    if (isYounger || error instanceof ObjectNotFoundError) return undefined;
    throw error;
  }
}
