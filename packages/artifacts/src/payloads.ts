import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import type { BucketRole, Names } from "@segue/chain";
import type { ArtifactRecord, Kind, PayloadRef, PayloadSpec } from "@segue/contracts";
import {
  measureFile,
  ObjectCorruptError,
  ObjectNotFoundError,
  type ObjectRef,
  type ObjectStore,
  StoreUnavailableError,
} from "@segue/store";
import { type PayloadBytes, type PlacedObject, placePayload, type Writing } from "./place-payload.ts";
import { toMetadata } from "./record-with-payload.ts";

interface Before {
  /** The record that was found before it was made. */
  readonly existing: ArtifactRecord | undefined;
  /** Whether its record is to hold although another's may be there by now. */
  readonly replace: boolean;
}

/** What was stored of an artifact. */
export interface StoredPayload {
  readonly payload: PayloadRef;
  /** The record that holds, where it is with the payload. Undefined: it is to be stored. */
  readonly record: ArtifactRecord | undefined;
}

/** What a name that is free says. */
const unwritten = { created: true, generation: "0", metadata: {} };

/** The files of artifacts. */
export interface Payloads {
  /** Whether a payload is where its record says, with that size and checksum. */
  isIntact(payload: PayloadRef): Promise<boolean>;
  /** Fetches a payload into a file, verified. False: it has expired, or what is there is not what was stored. */
  fetchPayload(payload: PayloadRef, path: string): Promise<boolean>;
  /**
   * Stores a payload where no other record's is.
   *
   * @param options.recordOf its record, which is stored with it where it is kept, and the first at its address.
   */
  storePayload(
    kind: Kind,
    address: string,
    path: string,
    options: Before & { readonly recordOf?: (payload: PayloadRef) => ArtifactRecord },
  ): Promise<StoredPayload>;
  /** Where an intermediate would be stored, for a record of one that is not: to whoever looks for it there it has expired. */
  planPayload(kind: Kind, address: string, path: string, options: Before): Promise<StoredPayload>;
  /** Stores what was planned. Where another run's bytes have taken its name meanwhile, or the file has others by now, it stays expired. */
  exportPayload(payload: PayloadRef, path: string): Promise<void>;
  /** Fetches bytes of a payload, `endByte` excluded, into a file. False: it has expired. */
  fetchRange(payload: PayloadRef, startByte: number, endByte: number, path: string): Promise<boolean>;
  /** The same of objects in the scratch bucket, joined by storage itself. */
  composePayload(
    kind: Kind,
    address: string,
    names: readonly string[],
    options: Before,
  ): Promise<StoredPayload>;
}

export function createPayloads(store: ObjectStore, names: Names): Payloads {
  const place = async (
    kind: Kind,
    address: string,
    { sizeBytes, crc32c }: PayloadBytes,
    before: Before,
    write: (payload: PayloadRef, options: Writing) => Promise<PlacedObject>,
  ): Promise<StoredPayload> => {
    const { contentType, extension } = payloadSpecOf(kind);
    const bytes = { sizeBytes, crc32c };
    const bucket = names.bucket(bucketOf(kind));
    const payloadAt = (ref: ObjectRef): PayloadRef => ({ ...ref, ...bytes, contentType });
    const { ref, record } = await placePayload({
      ...{ bucket, address, extension, bytes, ...before },
      write: (to, options) => write(payloadAt(to), options),
    });
    const held = record?.outcome.status === "succeeded" ? record.outcome.payload : null;
    return { payload: held ?? payloadAt(ref), record };
  };

  return {
    isIntact: (payload) => isIntact(store, payload),
    fetchPayload: (payload, path) => fetchPayload(store, payload, path),
    fetchRange: (payload, startByte, endByte, path) =>
      fetchRange(store, payload, { startByte, endByte, path }),
    async composePayload(kind, address, sources, before) {
      const spec = payloadSpecOf(kind);
      const scratch = names.bucket("scratch");
      // Storage joins objects of one bucket only. What comes of it is known when it is there: at a name that nobody else uses.
      const joined = { bucket: scratch, name: `${address}.joined-${randomUUID()}.${spec.extension}` };
      const refs = sources.map((name) => ({ bucket: scratch, name }));
      const { sizeBytes, crc32c } = await store.composeObject(refs, joined, {
        contentType: spec.contentType,
      });
      const stored = await place(kind, address, { sizeBytes, crc32c }, before, (payload, { createOnly }) =>
        store.copyObject(joined, payload, { createOnly }),
      );
      await store.deleteObject(joined);
      return stored;
    },
    async storePayload(kind, address, path, { recordOf, ...before }) {
      const measured = await measureFile(path);
      const isKept = kind.retention === "derivative";
      return await place(kind, address, measured, before, (payload, { createOnly, isFirst }) => {
        const { bucket, name, contentType } = payload;
        const metadata = isFirst && isKept && recordOf ? toMetadata(recordOf(payload)) : undefined;
        const body = { path, measured };
        return store.writeObject({
          ...{ bucket, name, body, contentType, createOnly },
          ...(metadata ? { metadata } : {}),
        });
      });
    },
    async planPayload(kind, address, path, before) {
      const measured = await measureFile(path);
      return await place(kind, address, measured, before, async () => ({ ...measured, ...unwritten }));
    },
    exportPayload: (payload, path) => exportPayload(store, payload, path),
  };
}

async function isIntact(store: ObjectStore, payload: PayloadRef): Promise<boolean> {
  const found = await store.statObject(payload);
  return found?.sizeBytes === payload.sizeBytes && found.crc32c === payload.crc32c;
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
