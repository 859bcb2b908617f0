import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { type Connection, formatRef } from "./connection.ts";
import { computeCrc32c, createCrc32c } from "./crc32c.ts";
import {
  ObjectCorruptError,
  PreconditionFailedError,
  StoreUnavailableError,
  toStoreError,
} from "./errors.ts";
import type {
  LocalFile,
  MeasuredFile,
  ObjectBody,
  ObjectStat,
  WriteRequest,
  WrittenObject,
} from "./object.ts";
import { retryUnavailable } from "./retry.ts";
import { sendBuffer, sendFile, sendStream, type Upload } from "./send-media.ts";
import { statObject } from "./stat-object.ts";

function isLocalFile(body: ObjectBody): body is LocalFile {
  return !Buffer.isBuffer(body) && !("pipe" in body);
}

/** Size and CRC32C of a file, as storage will have them. */
export async function measureFile(path: string): Promise<MeasuredFile> {
  const running = createCrc32c();
  let sizeBytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    running.update(chunk);
    sizeBytes += chunk.length;
  }
  return { sizeBytes, crc32c: running.toString() };
}

function describe(
  request: WriteRequest,
  lengthBytes: number | undefined,
  crc32c: string | undefined,
): Upload {
  const {
    bucket,
    name,
    createOnly,
    ifGeneration,
    metadata,
    contentType = "application/octet-stream",
  } = request;
  const resource = { name, contentType, ...(metadata ? { metadata } : {}), ...(crc32c ? { crc32c } : {}) };
  const ifGenerationMatch = createOnly ? "0" : ifGeneration;
  return { ref: { bucket, name }, resource, contentType, ifGenerationMatch, lengthBytes };
}

// The checksum of a stream is known only when it is over, and then storage has made the object visible already.
async function sendUnmeasured(
  connection: Connection,
  request: WriteRequest,
  body: Readable,
): Promise<ObjectStat> {
  const { stat, crc32c } = await sendStream(connection, describe(request, undefined, undefined), body);
  if (stat.crc32c === crc32c) return stat;
  await connection.call(formatRef(request), () =>
    connection.file(request).delete({ ifGenerationMatch: stat.generation }),
  );
  throw new ObjectCorruptError(formatRef(request), `sent CRC32C ${crc32c}, stored ${stat.crc32c}`);
}

interface Sending {
  /** One try; storage itself refuses bytes that differ from what was measured. */
  attempt(): Promise<ObjectStat>;
  /** How long it may be tried again, in ms: a stream can't be read twice. */
  readonly patienceMs: number;
}

async function prepare(connection: Connection, request: WriteRequest): Promise<Sending> {
  const { body } = request;
  const patienceMs = connection.requestTimeoutMs;
  if (Buffer.isBuffer(body)) {
    const upload = describe(request, body.length, computeCrc32c(body));
    return { patienceMs, attempt: () => sendBuffer(connection, upload, body) };
  }
  if (isLocalFile(body)) {
    const { sizeBytes, crc32c } = body.measured ?? (await measureFile(body.path));
    const upload = describe(request, sizeBytes, crc32c);
    return { patienceMs, attempt: () => sendFile(connection, upload, body.path) };
  }
  return { patienceMs: 0, attempt: () => sendUnmeasured(connection, request, body) };
}

export function describeWritten(
  { generation, sizeBytes, crc32c, metadata, updatedAt }: ObjectStat,
  created: boolean,
): WrittenObject {
  return { generation, sizeBytes, crc32c, metadata, updatedAt, created };
}

/**
 * Stores an object in one request, all of it or nothing. With `createOnly`, an object that is already there wins and
 * is described in the result; after a lost answer that may be the one this very call wrote. One that was there and is
 * gone when it is looked at keeps nobody from writing.
 */
export async function writeObject(connection: Connection, request: WriteRequest): Promise<WrittenObject> {
  const what = formatRef(request);
  const { attempt, patienceMs } = await prepare(connection, request);
  return retryUnavailable(what, patienceMs, async () => {
    try {
      return describeWritten(await attempt(), true);
    } catch (thrown) {
      const error = toStoreError(thrown, what);
      if (!request.createOnly || !(error instanceof PreconditionFailedError)) throw error;
      const existing = await statObject(connection, request);
      if (!existing) throw new StoreUnavailableError(what, "it was deleted while it was written", error);
      return describeWritten(existing, false);
    }
  });
}
