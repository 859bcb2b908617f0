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
  ObjectCorruptError,
  ObjectNotFoundError,
  type ObjectStore,
  StoreError,
  StoreUnavailableError,
} from "@segue/store";

/** Records and payloads at their addresses. */
export interface Artifacts {
  /** Undefined: no such artifact has been made, and none has failed. */
  readRecord(kind: Pick<Kind, "name">, address: string): Promise<ArtifactRecord | undefined>;
  /** Whether a payload is where its record says, with that size and checksum. */
  isIntact(payload: PayloadRef): Promise<boolean>;
  /** Fetches a payload into a file, verified. False: it has expired, or what is there is not what was stored. */
  fetchPayload(payload: PayloadRef, path: string): Promise<boolean>;
  /** Stores a payload; without `replace` create-only: of two writers the first wins and both learn what is there. */
  storePayload(kind: Kind, address: string, path: string, options: { replace: boolean }): Promise<PayloadRef>;
  /** Fetches bytes of a payload, `endByte` excluded, into a file. False: it has expired. */
  fetchRange(payload: PayloadRef, startByte: number, endByte: number, path: string): Promise<boolean>;
  /** Makes a payload of objects in the scratch bucket, joined by storage itself. */
  composePayload(kind: Kind, address: string, names: readonly string[]): Promise<PayloadRef>;
  /** Stores a record create-only and returns the one that holds; `replace` is for a payload that was rebuilt differently. */
  storeRecord(record: ArtifactRecord, options: { replace: boolean }): Promise<ArtifactRecord>;
}

export function createArtifacts(store: ObjectStore, names: Names): Artifacts {
  const recordRef = (address: string) => ({ bucket: names.bucket("records"), name: recordName(address) });

  const readRecord = async (
    kind: Pick<Kind, "name">,
    address: string,
  ): Promise<ArtifactRecord | undefined> => {
    if (kind.name === Master.name) return readMaster(store, names, address);
    try {
      return readKnown(ArtifactRecord, await store.readJson(recordRef(address)));
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return undefined;
      throw error;
    }
  };

  return {
    readRecord,
    async isIntact(payload) {
      const found = await store.statObject(payload);
      return found?.sizeBytes === payload.sizeBytes && found.crc32c === payload.crc32c;
    },
    async fetchPayload(payload, path) {
      try {
        await store.downloadObject(payload, path, { expect: payload });
        return true;
      } catch (error) {
        if (error instanceof ObjectNotFoundError || error instanceof ObjectCorruptError) return false;
        throw error;
      }
    },
    async fetchRange(payload, startByte, endByte, path) {
      const end = Math.min(endByte, payload.sizeBytes);
      try {
        const bytes =
          end > startByte ? await store.openObject(payload, { start: startByte, end: end - 1 }) : [];
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
    },
    async composePayload(kind, address, sources) {
      const spec = payloadSpecOf(kind);
      const scratch = names.bucket("scratch");
      const ref = { bucket: names.bucket(bucketOf(kind)), name: `${address}.${spec.extension}` };
      // Storage joins objects of one bucket only.
      const joined = { bucket: scratch, name: ref.name };
      const refs = sources.map((name) => ({ bucket: scratch, name }));
      const { sizeBytes, crc32c } = await store.composeObject(refs, joined, {
        contentType: spec.contentType,
      });
      if (ref.bucket !== scratch) {
        await store.copyObject(joined, ref, { createOnly: false });
        await store.deleteObject(joined);
      }
      return { ...ref, sizeBytes, crc32c, contentType: spec.contentType };
    },
    async storePayload(kind, address, path, { replace }) {
      const spec = payloadSpecOf(kind);
      const ref = { bucket: names.bucket(bucketOf(kind)), name: `${address}.${spec.extension}` };
      const { sizeBytes, crc32c } = await store.writeObject({
        ...ref,
        body: { path },
        contentType: spec.contentType,
        createOnly: !replace,
      });
      return { ...ref, sizeBytes, crc32c, contentType: spec.contentType };
    },
    async storeRecord(record, { replace }) {
      const body = Buffer.from(JSON.stringify(record));
      const ref = recordRef(record.address);
      const { created } = await store.writeObject({
        ...ref,
        body,
        contentType: "application/json",
        createOnly: !replace,
      });
      return created || replace ? record : readKnown(ArtifactRecord, await store.readJson(ref));
    },
  };
}

/** The object name of an address's record, in the records bucket. */
export function recordName(address: string): string {
  return `${address}.json`;
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
