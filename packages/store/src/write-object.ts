import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Connection, formatRef } from "./connection.ts";
import { computeCrc32c, createCrc32c } from "./crc32c.ts";
import { PreconditionFailedError, StoreUnavailableError } from "./errors.ts";
import type { LocalFile, ObjectBody, WriteRequest, WrittenObject } from "./object.ts";
import { parseObjectStat } from "./object-stat.ts";
import { limitTime, retryUnavailable } from "./retry.ts";
import { limitStall } from "./stall.ts";
import { statObject } from "./stat-object.ts";

const fileChunkBytes = 1024 * 1024;

function isLocalFile(body: ObjectBody): body is LocalFile {
  return !Buffer.isBuffer(body) && "path" in body && typeof body.path === "string" && !("pipe" in body);
}

async function computeFileCrc32c(file: LocalFile): Promise<string> {
  const running = createCrc32c();
  for await (const chunk of createReadStream(file.path, { highWaterMark: fileChunkBytes }))
    running.update(chunk);
  return running.toString();
}

/** Sends the body once. With `crc32c` the server itself refuses bytes that differ; without, the client compares. */
async function send(
  connection: Connection,
  request: WriteRequest,
  source: Buffer | Readable,
  crc32c?: string,
) {
  const file = connection.file(request);
  const upload = file.createWriteStream({
    // One request that stores all or nothing: a resumable session costs two more round trips and, cut, leaves a session.
    resumable: false,
    validation: crc32c === undefined ? "crc32c" : false,
    metadata: {
      ...(request.contentType === undefined ? {} : { contentType: request.contentType }),
      ...(request.metadata === undefined ? {} : { metadata: { ...request.metadata } }),
      ...(crc32c === undefined ? {} : { crc32c }),
    },
    ...(request.createOnly ? { preconditionOpts: { ifGenerationMatch: 0 } } : {}),
  });
  if (Buffer.isBuffer(source)) {
    const sent = new Promise<void>((resolve, reject) => upload.on("finish", resolve).on("error", reject));
    upload.end(source);
    await limitTime(formatRef(request), connection.requestTimeoutMs, sent);
  } else {
    await pipeline(source, limitStall(formatRef(request), connection.requestTimeoutMs), upload);
  }
  return parseObjectStat(file.metadata);
}

async function sendRepeatably(connection: Connection, request: WriteRequest) {
  const { body } = request;
  const what = formatRef(request);
  if (Buffer.isBuffer(body)) {
    const crc32c = computeCrc32c(body);
    return retryUnavailable(what, connection.requestTimeoutMs, () => send(connection, request, body, crc32c));
  }
  if (isLocalFile(body)) {
    const crc32c = await computeFileCrc32c(body);
    return retryUnavailable(what, connection.requestTimeoutMs, () =>
      send(connection, request, createReadStream(body.path, { highWaterMark: fileChunkBytes }), crc32c),
    );
  }
  return retryUnavailable(what, 0, () => send(connection, request, body));
}

/**
 * Stores an object, all of it or nothing. With `createOnly`, an object that is already there wins and is described
 * in the result; after a lost answer that may be the one this very call wrote.
 */
export async function writeObject(connection: Connection, request: WriteRequest): Promise<WrittenObject> {
  try {
    const { generation, sizeBytes, crc32c } = await sendRepeatably(connection, request);
    return { generation, sizeBytes, crc32c, created: true };
  } catch (error) {
    if (!request.createOnly || !(error instanceof PreconditionFailedError)) throw error;
    const existing = await statObject(connection, request);
    if (!existing)
      throw new StoreUnavailableError(formatRef(request), "it was deleted while it was written", error);
    const { generation, sizeBytes, crc32c } = existing;
    return { generation, sizeBytes, crc32c, created: false };
  }
}
