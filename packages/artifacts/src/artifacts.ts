import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import type { BucketRole, Names } from "@segue/chain";
import {
  ArtifactRecord,
  isMachineTrouble,
  type Kind,
  Master,
  type PayloadRef,
  type PayloadSpec,
  readKnown,
  StepError,
} from "@segue/contracts";
import {
  measureFile,
  ObjectCorruptError,
  ObjectNotFoundError,
  type ObjectStore,
  StoreError,
  StoreUnavailableError,
} from "@segue/store";
import { followRecord } from "./follow-record.ts";
import { createObject } from "./json-object.ts";
import { artifactOf, findRecord, recordName, writePointers } from "./outputs.ts";
import { type PayloadBytes, type Placing, placePayload } from "./place-payload.ts";
import { rewriteObject } from "./rewrite-object.ts";

interface Before {
  readonly existing: ArtifactRecord | undefined;
}

/** What a name that is free says. */
const unwritten = { created: true, generation: "0" };

/** Records and payloads at their addresses. */
export interface Artifacts {
  /** Undefined: no such artifact has been made, and none has failed. Of one of several outputs its own part of their record. */
  readRecord(kind: Pick<Kind, "name">, address: string): Promise<ArtifactRecord | undefined>;
  /** Whether a payload is where its record says, with that size and checksum. */
  isIntact(payload: PayloadRef): Promise<boolean>;
  /** Fetches a payload into a file, verified. False: it has expired, or what is there is not what was stored. */
  fetchPayload(payload: PayloadRef, path: string): Promise<boolean>;
  /** Stores a payload where no other record's is. @param options.existing the record that was found before it was made. */
  storePayload(kind: Kind, address: string, path: string, options: Before): Promise<PayloadRef>;
  /** Where an intermediate would be stored, for a record of one that is not: to whoever looks for it there it has expired. */
  planPayload(kind: Kind, address: string, path: string, options: Before): Promise<PayloadRef>;
  /** Stores what was planned. Where another run's bytes have taken its name meanwhile, or the file has others by now, it stays expired. */
  exportPayload(payload: PayloadRef, path: string): Promise<void>;
  /** Fetches bytes of a payload, `endByte` excluded, into a file. False: it has expired. */
  fetchRange(payload: PayloadRef, startByte: number, endByte: number, path: string): Promise<boolean>;
  /** The same of objects in the scratch bucket, joined by storage itself. */
  composePayload(kind: Kind, address: string, names: readonly string[], options: Before): Promise<PayloadRef>;
  /**
   * Stores a record, and where it is of several outputs what leads to it from each, and returns the one that holds: of several first ones the first. `replace` is for a result that is made although one is
   * there: `followRecord` decides over whatever is there at that moment, or over `before`, the one that holds while nothing is. `atOnce`: it is
   * to be safe when this resolves, though others of the same attempt might be stored with it.
   */
  storeRecord(
    record: ArtifactRecord,
    options: {
      readonly replace: boolean;
      readonly atOnce?: boolean;
      readonly before?: ArtifactRecord | undefined;
    },
  ): Promise<ArtifactRecord>;
}

export function createArtifacts(store: ObjectStore, names: Names): Artifacts {
  const readRecord = async (
    kind: Pick<Kind, "name">,
    address: string,
  ): Promise<ArtifactRecord | undefined> => {
    if (kind.name === Master.name) return readMaster(store, names, address);
    const found = await findRecord(store, names, address);
    return found && artifactOf(found);
  };

  const place = async (
    kind: Kind,
    address: string,
    { sizeBytes, crc32c }: PayloadBytes,
    existing: ArtifactRecord | undefined,
    write: Placing["write"],
  ): Promise<PayloadRef> => {
    const { contentType, extension } = payloadSpecOf(kind);
    const bytes = { sizeBytes, crc32c };
    const bucket = names.bucket(bucketOf(kind));
    const ref = await placePayload({ bucket, address, extension, bytes, existing, write });
    return { ...ref, ...bytes, contentType };
  };

  return {
    readRecord,
    async isIntact(payload) {
      const found = await store.statObject(payload);
      return found?.sizeBytes === payload.sizeBytes && found.crc32c === payload.crc32c;
    },
    ...fetches(store),
    async composePayload(kind, address, sources, { existing }) {
      const spec = payloadSpecOf(kind);
      const scratch = names.bucket("scratch");
      // Storage joins objects of one bucket only. What comes of it is known when it is there: at a name that nobody else uses.
      const joined = { bucket: scratch, name: `${address}.joined-${randomUUID()}.${spec.extension}` };
      const refs = sources.map((name) => ({ bucket: scratch, name }));
      const { sizeBytes, crc32c } = await store.composeObject(refs, joined, {
        contentType: spec.contentType,
      });
      const payload = await place(kind, address, { sizeBytes, crc32c }, existing, (ref, options) =>
        store.copyObject(joined, ref, options),
      );
      await store.deleteObject(joined);
      return payload;
    },
    async storePayload(kind, address, path, { existing }) {
      const { contentType } = payloadSpecOf(kind);
      const measured = await measureFile(path);
      const body = { path, measured };
      return await place(kind, address, measured, existing, (ref, { createOnly }) =>
        store.writeObject({ ...ref, body, contentType, createOnly }),
      );
    },
    async planPayload(kind, address, path, { existing }) {
      const measured = await measureFile(path);
      return await place(kind, address, measured, existing, async () => ({ ...measured, ...unwritten }));
    },
    exportPayload: (payload, path) => exportPayload(store, payload, path),
    async storeRecord(record, { replace, before }) {
      await writePointers(store, names, record);
      const ref = { bucket: names.bucket("records"), name: recordName(record.address) };
      if (replace)
        return await rewriteObject(store, ref, ArtifactRecord, (existing) =>
          followRecord(existing ?? before, record),
        );
      const isFirst = await createObject(store, ref, record);
      return isFirst ? record : readKnown(ArtifactRecord, await store.readJson(ref));
    },
  };
}

function fetches(store: ObjectStore): Pick<Artifacts, "fetchPayload" | "fetchRange"> {
  return {
    fetchPayload: (payload, path) => fetchPayload(store, payload, path),
    fetchRange: (payload, startByte, endByte, path) =>
      fetchRange(store, payload, { startByte, endByte, path }),
  };
}

async function exportPayload(
  store: ObjectStore,
  { bucket, name, contentType, sizeBytes, crc32c }: PayloadRef,
  path: string,
): Promise<void> {
  const measured = await measureFile(path);
  if (measured.sizeBytes !== sizeBytes || measured.crc32c !== crc32c) return;
  const body = { path, measured };
  await store.writeObject({ bucket, name, body, contentType, createOnly: true });
}

async function fetchPayload(store: ObjectStore, payload: PayloadRef, path: string): Promise<boolean> {
  try {
    await store.downloadObject(payload, path, { expect: payload });
    return true;
  } catch (error) {
    if (error instanceof ObjectNotFoundError || error instanceof ObjectCorruptError) return false;
    throw error;
  }
}

/** False: it has expired. @throws {StoreUnavailableError} where fewer bytes came than there are. */
async function fetchRange(
  store: ObjectStore,
  payload: PayloadRef,
  { startByte, endByte, path }: { startByte: number; endByte: number; path: string },
): Promise<boolean> {
  const end = Math.min(endByte, payload.sizeBytes);
  try {
    const bytes = end > startByte ? await store.openObject(payload, { start: startByte, end: end - 1 }) : [];
    await pipeline(bytes, createWriteStream(path));
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return false;
    throw error;
  }
  const { size } = await stat(path);
  if (size !== Math.max(0, end - startByte)) {
    throw new StoreUnavailableError(payload.name, `expected ${end - startByte} bytes, got ${size}`);
  }
  return true;
}

function bucketOf(kind: Kind): BucketRole {
  return kind.retention === "intermediate" ? "scratch" : "assets";
}

function payloadSpecOf(kind: Kind): PayloadSpec {
  if (!kind.payload) throw new TypeError(`${kind.name} has no payload: its facts are all there is`);
  return kind.payload;
}

/** A master has no record of its own: the object is named for its bytes. */
async function readMaster(
  store: ObjectStore,
  names: Names,
  address: string,
): Promise<ArtifactRecord | undefined> {
  const ref = { bucket: names.bucket("masters"), name: address };
  const found = await store.statObject(ref);
  if (!found) return undefined;
  const { sizeBytes, crc32c, contentType } = found;
  return {
    v: 1,
    address,
    kind: Master.name,
    step: null,
    inputs: {},
    outcome: {
      status: "succeeded",
      facts: { sizeBytes },
      payload: { ...ref, sizeBytes, crc32c, contentType: contentType ?? Master.payload.contentType },
    },
    attempt: null,
  };
}

/** Storage's errors in the catalogue's terms: all of them may pass. The disk that an object was fetched to is not storage's. */
export function fromStoreError(thrown: unknown): StepError {
  return thrown instanceof StoreError && isMachineTrouble(thrown)
    ? new StepError("worker-unfit", thrown.message, { cause: thrown })
    : thrown instanceof StoreError
      ? new StepError("storage-unavailable", thrown.message, { cause: thrown })
      : StepError.from(thrown);
}
