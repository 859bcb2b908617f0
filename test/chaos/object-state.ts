import { createHash } from "node:crypto";
import { pipeline } from "node:stream/promises";
import { createLedgers, holdingOf, walkWithPayloads } from "@segue/artifacts";
import { type BucketRole, bucketRoles, createNames, localNaming } from "@segue/chain";
import {
  ArtifactRecord,
  editionFile,
  readAskedName,
  readLedgerName,
  readUploadName,
  stepObjectPrefix,
  TrackAccepted,
} from "@segue/contracts";
import type { ListedObject, ObjectStore } from "@segue/store";

/** Everything in storage. */
export interface ObjectState {
  readonly objects: Readonly<Record<BucketRole, readonly ListedObject[]>>;
  /** Records by address, without what differs by nature: who made it, for which request, when, how fast. */
  readonly records: ReadonlyMap<string, ArtifactRecord>;
  readonly accepted: readonly TrackAccepted[];
  /** SHA-256 of the bytes of every payload that a record names and that is there, by `bucket/name`. */
  readonly digests: ReadonlyMap<string, string>;
}

export const names = createNames(localNaming);
const recordSuffix = /^([0-9a-f]{64})\.json$/;

export async function readObjects(store: ObjectStore): Promise<ObjectState> {
  const objects: Record<BucketRole, ListedObject[]> = {
    ...{ masters: [], scratch: [], assets: [], records: [], uploads: [] },
  };
  for (const role of bucketRoles) {
    for await (const object of store.walkObjects({ bucket: names.bucket(role), prefix: "" }))
      objects[role].push(object);
  }
  const records = new Map<string, ArtifactRecord>();
  const accepted: TrackAccepted[] = [];
  const masters: string[] = [];
  for (const object of objects.records) {
    const address = recordSuffix.exec(object.name)?.[1];
    const master = readLedgerName(object.name);
    if (address) {
      records.set(address, withoutAttempt(ArtifactRecord.parse(await store.readJson(object))));
    } else if (master !== undefined) {
      masters.push(master);
    } else if (readAskedName(object.name) === "track") {
      accepted.push(TrackAccepted.parse(await store.readJson(object)));
    }
  }
  for await (const record of walkWithPayloads(store, names)) {
    const { address } = record;
    records.set(address, holdingOf(records.get(address), withoutAttempt(record)) ?? record);
  }
  for (const master of masters)
    for (const record of (await createLedgers(store, names).of(master).read()).records)
      if (!records.has(record.address)) records.set(record.address, withoutAttempt(record));
  const digests = new Map<string, string>();
  const there = new Set([...objects.assets, ...objects.scratch].map((object) => pathOf(object)));
  for (const { outcome } of records.values()) {
    const payload = outcome.status === "succeeded" ? outcome.payload : null;
    if (payload && there.has(pathOf(payload)))
      digests.set(pathOf(payload), await digestObject(store, payload));
  }
  return { objects, records, accepted, digests };
}

/** A record, but for who made it, when and for whom: the same whoever does. */
export function withoutAttempt({
  requestId: _,
  earlierRequestIds: __,
  firstAttempt: ___,
  laterFailure: ____,
  answersAllUntil: _____,
  ...record
}: ArtifactRecord): ArtifactRecord {
  return { ...record, attempt: null };
}

/** Every track that was ever written, whether its client has heard so or not. */
export async function readWrittenIds(store: ObjectStore): Promise<string[]> {
  const ids: string[] = [];
  for await (const object of store.walkObjects({ bucket: names.bucket("records"), prefix: "" })) {
    if (readAskedName(object.name) === "track")
      ids.push(TrackAccepted.parse(await store.readJson(object)).trackId);
  }
  return ids;
}

export function pathOf(ref: { bucket: string; name: string }): string {
  return `${ref.bucket}/${ref.name}`;
}

/** SHA-256 of an object's bytes, in hex. */
export async function digestObject(
  store: ObjectStore,
  ref: { bucket: string; name: string },
): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(await store.openObject(ref), hash);
  return hash.digest("hex");
}

/** What an object in storage is there for; undefined: nobody knows it, and nobody will delete it. */
export function classifyObject(role: BucketRole, name: string, state: ObjectState): string | undefined {
  const isPayload = (path: string) => state.digests.has(path);
  switch (role) {
    case "masters":
      return state.accepted.some((track) => track.master === name)
        ? "a master of an accepted track"
        : undefined;
    case "records":
      if (readAskedName(name) !== undefined) return `a ${readAskedName(name)} that was asked for`;
      if (name.endsWith(".letter.json")) return "a dead letter";
      if (/^[0-9a-f]{64}\.job\.json$/.test(name)) return "an accepted job";
      if (name.startsWith(stepObjectPrefix)) return "a step's description";
      if (name === editionFile) return "whose edition the storage is of";
      if (readLedgerName(name) !== undefined) return "records that are kept together";
      return recordSuffix.test(name) ? "a record" : undefined;
    case "uploads":
      return readUploadName(name) === undefined ? undefined : "an upload that is not fetched yet";
    case "assets":
      return isPayload(`${names.bucket(role)}/${name}`) ? "a payload that its record names" : undefined;
    case "scratch":
      if (isPayload(`${names.bucket(role)}/${name}`)) return "an intermediate; expires";
      if (/^[0-9a-f]{64}\.run\//.test(name)) return "checkpoints of a run; expires";
      if (name.startsWith("uploads/")) return "an upload that was cut off; expires";
      if (/\.story\.\d+\.json$/.test(name)) return "the story of failed attempts; expires";
      if (name.endsWith(".rebuild.json")) return "a claim to a rebuild; expires";
      if (name.endsWith(".amended.json")) return "where a request's artifact is instead; expires";
      return "unnamed scratch; expires";
  }
}
