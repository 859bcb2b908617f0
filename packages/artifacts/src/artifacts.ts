import type { Names } from "@segue/chain";
import {
  ArtifactRecord,
  isMachineTrouble,
  Master,
  readKnown,
  StepError,
  type StoredKind,
} from "@segue/contracts";
import { type ObjectStore, StoreError } from "@segue/store";
import { findRecord, holdingOf } from "./find-record.ts";
import { followRecord } from "./follow-record.ts";
import { isNoJson } from "./is-unreadable.ts";
import { createObject } from "./json-object.ts";
import { artifactOf, findOwnRecord, recordName, writePointers } from "./outputs.ts";
import { createPayloads, type Payloads } from "./payloads.ts";
import { findWithPayload } from "./record-with-payload.ts";
import { rewriteObject } from "./rewrite-object.ts";

/** Records and payloads at their addresses. */
export interface Artifacts extends Payloads {
  /** Undefined: no such artifact has been made, and none has failed. Of one of several outputs its own part of their record. */
  readRecord(kind: StoredKind, address: string): Promise<ArtifactRecord | undefined>;
  /** The one that has an object of its own: none where it is with its payload. */
  readOwnRecord(address: string): Promise<ArtifactRecord | undefined>;
  /**
   * Stores a record, and where it is of several outputs what leads to it from each, and returns the one that holds: of several first ones the first. `replace` is for a result that is made although one is
   * there: `followRecord` decides over whatever is there at that moment, or over `before`, the one that holds while nothing is. `atOnce`: it is
   * to be safe when this resolves, though others of the same attempt might be stored with it.
   */
  storeRecord(
    kind: StoredKind,
    record: ArtifactRecord,
    options: {
      readonly replace: boolean;
      readonly atOnce?: boolean;
      readonly before?: ArtifactRecord | undefined;
    },
  ): Promise<ArtifactRecord>;
  /**
   * Has the record that holds stay the one, whatever a worker that is gone has sent to replace it and has not arrived: what was to be written
   * over it finds that it has been written since. Returns the one that holds, which is another than was found where that was faster.
   */
  fenceRecord(kind: StoredKind, found: ArtifactRecord): Promise<ArtifactRecord>;
}

export function createArtifacts(store: ObjectStore, names: Names): Artifacts {
  const readRecord = async (kind: StoredKind, address: string): Promise<ArtifactRecord | undefined> => {
    if (kind.name === Master.name) return readMaster(store, names, address);
    const found = await findRecord(store, names, kind, address);
    return found && artifactOf(found);
  };

  return {
    ...createPayloads(store, names),
    readRecord,
    async readOwnRecord(address) {
      const found = await findOwnRecord(store, names, address);
      return found && artifactOf(found);
    },
    async storeRecord(kind, record, { replace, before }) {
      await writePointers(store, names, record);
      const ref = { bucket: names.bucket("records"), name: recordName(record.address) };
      const readOther = () => findWithPayload(store, names, kind, record.address);
      if (replace) {
        const rewrite = (follow: (own: ArtifactRecord | undefined) => ArtifactRecord) =>
          rewriteObject(store, ref, ArtifactRecord, follow);
        const other = await readOther();
        const held = await rewrite((own) => followRecord(holdingOf(own, other) ?? before, record));
        // Nothing keeps the file of a success from coming while a failure is written.
        const late = held.outcome.status === "failed" ? await readOther() : undefined;
        if (!late) return held;
        return await rewrite((own) =>
          own?.outcome.status === "succeeded" ? own : followRecord(late, record),
        );
      }
      const isFirst = await createObject(store, ref, record);
      const own = isFirst ? record : readKnown(ArtifactRecord, await store.readJson(ref));
      return holdingOf(own, await readOther()) ?? own;
    },
    async fenceRecord(kind, found) {
      const { address } = found;
      const ref = { bucket: names.bucket("records"), name: recordName(address) };
      const other = await findWithPayload(store, names, kind, address);
      return await rewriteObject(store, ref, ArtifactRecord, (own) => ({
        ...(holdingOf(own, other) ?? found),
      }));
    },
  };
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

/**
 * Storage's errors in the catalogue's terms: all of them may pass. The disk that an object was fetched to is not storage's, nor is an object
 * that should be JSON and is not: however often it is read, it will be none.
 */
export function fromStoreError(thrown: unknown): StepError {
  if (!(thrown instanceof StoreError)) return StepError.from(thrown);
  const options = { cause: thrown };
  if (isMachineTrouble(thrown)) return new StepError("worker-unfit", thrown.message, options);
  if (isNoJson(thrown)) return new StepError("step-failed", thrown.message, options);
  return new StepError("storage-unavailable", thrown.message, options);
}
