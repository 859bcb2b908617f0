import {
  createFetchObjects,
  createLedgers,
  findOwnRecord,
  findRecord,
  type LedgerAsRead,
  unlessUnreadable,
  walkWithPayloads,
} from "@segue/artifacts";
import type { Pool } from "@segue/catalog-db";
import type { Chain, Names } from "@segue/chain";
import {
  type ArtifactRecord,
  acceptedAtMs,
  hasMaster,
  isCorrectionObjectName,
  isLetterObjectName,
  ownArtifactOf,
  ownKindOf,
  type Request,
  readAskedName,
  readLedgerName,
  type StepSpec,
} from "@segue/contracts";
import type { ObjectStore } from "@segue/store";
import { applyFacts } from "./apply-facts.ts";
import { beginFeedAnewSql } from "./changes/tell-changes.ts";
import { readCorrectionObjects } from "./corrections-in-storage.ts";
import { parseLetter } from "./dead-letter-objects.ts";
import {
  acceptedFacts,
  backfillEndFacts,
  backfillFacts,
  requestFacts,
  steeringFacts,
  takedownFacts,
} from "./facts-of.ts";
import { givenUpFacts } from "./given-up-facts.ts";
import { holdPacking } from "./hold-packing.ts";
import { type RecordedTrack, recordedFacts } from "./outcomes-of-record.ts";
import { parseAsked, readJsonIfAny } from "./parse-asked.ts";
import { createFactReader } from "./read-facts.ts";
import {
  readEarlierInLedgers,
  readEarlierVersions,
  readEarlierWithPayloads,
} from "./rebuild-earlier-versions.ts";
import { packTracks } from "./rederive-tracks.ts";
import { type Facts, mergeFacts, noFacts } from "./rows.ts";
import { takeInTakedowns } from "./takedowns/take-in-takedowns.ts";
import { askedBy, askedWithin, toldOutcomeFacts } from "./told-times.ts";

export interface RebuildOptions {
  readonly pool: Pool;
  readonly store: ObjectStore;
  readonly names: Names;
  readonly chain: Chain<StepSpec>;
  /** Tracks read side by side, and committed together. Default 50. */
  readonly batchTracks?: number;
  /** Replays from before are not looked after: the queue has nothing of them any more. Default: what it keeps, 7 days ago. */
  readonly replaysSince?: Date;
  /** How often other catalogs are kept from packing tracks again, in ms. Default a minute. */
  readonly holdEveryMs?: number;
  onProgress?(counts: RebuildCounts): void;
}

export interface RebuildCounts {
  readonly tracks: number;
  readonly outcomes: number;
  /** Objects that are no tracks, requests, backfills or ledgers although they are named so, and records that are none or of a younger release. */
  readonly unreadable: number;
}

const isRecordName = (name: string) => /^[0-9a-f]{64}\.json$/.test(name);
/** Addresses that the database is asked for at once. */
const addressesAtOnce = 500;
const queueRetentionMs = 7 * 86_400_000;

/**
 * Projects everything anew from the records bucket, and from what is with files in the bucket of assets: tracks, requests and backfills, and for each request how its fetch has ended and the records at the addresses that the
 * present chain gives what it wants; dead letters, and the failures that they were told with; what people have corrected; then the records at other addresses, which
 * versions from before have left. Adds to what the catalog has, so it may run beside it and be run again; memory stays flat. Not in
 * storage, and so not rebuilt: retries, and what the reconciler did. A backfill that had not ended goes over its tracks again.
 */
export async function rebuildFromStorage(given: RebuildOptions): Promise<RebuildCounts> {
  const { pool, chain, batchTracks = 50 } = given;
  const counts = { tracks: 0, outcomes: 0, unreadable: 0 };
  const packing = await holdPacking(pool, given.holdEveryMs);
  const options = { ...given, store: walkedWith(given.store, packing.refresh) };
  // Nobody is told of what is found: not even if this comes to no end.
  await pool.query(beginFeedAnewSql);
  const commit = async (facts: Facts, unreadable = 0) => {
    await packing.refresh();
    await applyFacts(pool, chain, facts, { tells: false });
    counts.tracks += facts.tracks.length;
    counts.outcomes += facts.attempts.length;
    counts.unreadable += unreadable;
    options.onProgress?.({ ...counts });
  };
  const commitAll = async (parts: AsyncIterable<Facts>, countUnreadable = () => 0) => {
    for await (const facts of parts) await commit(facts);
    await commit(noFacts, countUnreadable());
  };
  // Before all else: what was deleted, and is there, is not brought back.
  const isTakedown = (name: string) => readAskedName(name) === "takedown";
  for await (const batch of walkNames(options, isTakedown, batchTracks))
    counts.unreadable += await takeInTakedowns(options, batch);
  const isAsked = (name: string) =>
    isLetterObjectName(name) || !["takedown", undefined].includes(readAskedName(name));
  for await (const batch of walkNames(options, isAsked, batchTracks)) {
    const read = await Promise.all(batch.map((name) => readAsked(options, name)));
    const found = read.filter((facts) => facts !== undefined);
    await commit(mergeFacts(found), read.length - found.length);
  }
  // Tracks are there by now.
  for await (const batch of walkNames(options, isCorrectionObjectName, batchTracks))
    counts.unreadable += await readCorrectionObjects(options, batch);
  const readRecord = (address: string) => unlessUnreadable(() => readOwn(options, address));
  for await (const ledgers of walkLedgers(options, batchTracks)) {
    const unreadable = ledgers.reduce((sum, ledger) => sum + ledger.unreadable, 0);
    await commitAll(readEarlierInLedgers({ pool, readRecord }, ledgers), () => unreadable);
  }
  // Of a file that another one was made of, the master is known when that one is.
  for (let before = -1; before !== counts.outcomes; ) {
    const onUnreadable = before === -1 ? () => void counts.unreadable++ : undefined;
    const all = walkWithPayloads(options.store, options.names, onUnreadable);
    before = counts.outcomes;
    for await (const batch of batchesOf(all, addressesAtOnce))
      await commitAll(readEarlierWithPayloads({ pool, readRecord }, batch));
  }
  for await (const batch of walkNames(options, isRecordName, addressesAtOnce)) {
    const addresses = new Set(batch.map((name) => name.slice(0, 64)));
    // Others are read here too, as inputs; these at no other place but theirs.
    const unreadable = new Set<string>();
    const readHere = (address: string) =>
      unlessUnreadable(
        () => readOwn(options, address),
        () => void (addresses.has(address) && unreadable.add(address)),
      );
    await commitAll(
      readEarlierVersions({ pool, readRecord: readHere }, [...addresses]),
      () => unreadable.size,
    );
  }
  // Who has begun to follow meanwhile has not been told of all either.
  await pool.query(beginFeedAnewSql);
  await packing.end();
  await packTracks(pool, chain);
  return counts;
}

/** Among many objects there may be none for long that anything is committed of. */
function walkedWith(store: ObjectStore, onObject: () => Promise<void>): ObjectStore {
  return {
    ...store,
    async *walkObjects(...walked) {
      for await (const object of store.walkObjects(...walked)) {
        await onObject();
        yield object;
      }
    },
  };
}

async function* walkLedgers(options: RebuildOptions, size: number) {
  const ledgers = createLedgers(options.store, options.names);
  const isLedger = (name: string) => readLedgerName(name) !== undefined;
  for await (const batch of walkNames(options, isLedger, size)) {
    const masters = batch.flatMap((name) => readLedgerName(name) ?? []);
    yield await Promise.all(
      masters.map(async (master) => ({ master, ...(await ledgers.of(master).read()) })),
    );
  }
}

/** Names of objects in the records bucket, so many at a time. */
function walkNames(
  { store, names }: RebuildOptions,
  isOurs: (name: string) => boolean,
  size: number,
): AsyncGenerator<readonly string[]> {
  const walk = async function* () {
    for await (const { name } of store.walkObjects({ bucket: names.bucket("records"), prefix: "" }))
      if (isOurs(name)) yield name;
  };
  return batchesOf(walk(), size);
}

async function* batchesOf<T>(all: AsyncIterable<T>, size: number): AsyncGenerator<readonly T[]> {
  let batch: T[] = [];
  for await (const one of all) {
    batch.push(one);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Undefined: it is not what its name says. */
async function readAsked(options: RebuildOptions, name: string): Promise<Facts | undefined> {
  const { store, names, replaysSince = new Date(Date.now() - queueRetentionMs) } = options;
  const json = await readJsonIfAny(store, { bucket: names.bucket("records"), name });
  if (isLetterObjectName(name)) return readLetter(options, json);
  const parsed = parseAsked(json);
  if (parsed === undefined) return undefined;
  if (parsed.type === "BackfillEnded") return backfillEndFacts(parsed);
  if (parsed.type === "BackfillRequested") return backfillFacts(parsed);
  if (parsed.type === "BackfillSteered") return steeringFacts(parsed);
  if (parsed.type === "TakedownRequested") return takedownFacts(parsed);
  const asked = askedWithin(parsed, new Date());
  if (asked.type === "TrackAccepted")
    return mergeFacts([acceptedFacts(asked), await readRequest(options, asked.request, asked.acceptedAt)]);
  const { replayWatches, ...facts } = requestFacts(asked);
  const isRecent = Date.parse(asked.requestedAt) >= replaysSince.getTime();
  const watched = { ...facts, replayWatches: isRecent ? replayWatches : [] };
  const acceptedAt = askedBy(new Date(acceptedAtMs(asked.trackId)).toISOString(), new Date());
  return mergeFacts([watched, await readRequest(options, asked, acceptedAt)]);
}

/** What storage says to a request: how its fetch has ended, if it wants one, and what was made of its master. */
async function readRequest(options: RebuildOptions, request: Request, acceptedAt: string): Promise<Facts> {
  if (hasMaster(request)) return readOutcomes(options, { ...request, acceptedAt });
  const end = await unlessUnreadable(() => createFetchObjects(options.store, options.names).readEnd(request));
  if (!end) return noFacts;
  const { master } = end;
  const rest = master === null ? noFacts : await readOutcomes(options, { ...request, master, acceptedAt });
  return mergeFacts([toldOutcomeFacts(end, new Date()), rest]);
}

function readLetter({ chain, names }: RebuildOptions, json: unknown): Facts | undefined {
  const letter = parseLetter(json, names);
  return letter && mergeFacts([createFactReader(chain, names).read(letter), givenUpFacts(chain, letter)]);
}

/** What the records say to a request, at the addresses that the present chain gives. */
async function readOutcomes(options: RebuildOptions, request: RecordedTrack): Promise<Facts> {
  const { chain, store, names } = options;
  const addresses = chain.addressesFor(request.master);
  const wanted = chain.steps.filter((step) => request.wants.includes(step.name));
  const ledger = await createLedgers(store, names).of(request.master).read();
  const records = await Promise.all(
    wanted.map((step) => readMade(options, step, addresses.get(ownKindOf(step)) ?? "", ledger)),
  );
  const readAt = new Date();
  return mergeFacts(records.flatMap((record) => (record ? [recordedFacts(request, record, readAt)] : [])));
}

/**
 * Of one of several outputs the record of all: it is what the outcome told of. What a younger release has made is for its own catalog to
 * tell; what is no record, the step that comes to it tells.
 */
async function readMade(
  { store, names }: RebuildOptions,
  step: StepSpec,
  address: string,
  ledger: LedgerAsRead,
): Promise<ArtifactRecord | undefined> {
  const find = async () =>
    (await findRecord(store, names, ownArtifactOf(step), address)) ?? (await ledger.find(address));
  return (await unlessUnreadable(find))?.record;
}

async function readOwn(
  { store, names }: RebuildOptions,
  address: string,
): Promise<ArtifactRecord | undefined> {
  return (await findOwnRecord(store, names, address))?.record;
}
