import { randomUUID } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import type { ClientRequest } from "node:http";
import type { Readable } from "node:stream";
import type { Connection } from "./connection.ts";
import { createCrc32c } from "./crc32c.ts";
import type { ObjectRef, ObjectStat } from "./object.ts";
import { parseObjectStat } from "./object-stat.ts";
import { openRequest, readText, receiveResponse } from "./request.ts";

/** An upload in one request, which stores all or nothing. */
export type Upload = {
  readonly ref: ObjectRef;
  readonly resource: Readonly<Record<string, unknown>>;
  readonly contentType: string;
  /** The generation that must be there for the upload to go ahead, `0` for none; undefined where any may be. */
  readonly ifGenerationMatch: string | undefined;
  /** Undefined for a stream of unknown length. */
  readonly lengthBytes: number | undefined;
};

const chunkBytes = 512 * 1024;
const resourceMaxBytes = 1024 * 1024;

async function openUpload(
  connection: Connection,
  { ref, ifGenerationMatch, lengthBytes, ...upload }: Upload,
) {
  const boundary = randomUUID();
  const head = Buffer.from(
    `--${boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n${JSON.stringify(upload.resource)}\r\n` +
      `--${boundary}\r\nContent-Type: ${upload.contentType}\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const condition = ifGenerationMatch === undefined ? "" : `&ifGenerationMatch=${ifGenerationMatch}`;
  const request = await openRequest(connection, {
    method: "POST",
    ref,
    path: `/upload/storage/v1/b/${encodeURIComponent(ref.bucket)}/o?uploadType=multipart&name=${encodeURIComponent(ref.name)}${condition}`,
    headers: {
      "content-type": `multipart/related; boundary=${boundary}`,
      ...(lengthBytes === undefined
        ? {}
        : { "content-length": String(head.length + lengthBytes + tail.length) }),
    },
  });
  return { request, head, tail };
}

/** Resolves when the socket has taken the chunk, so that its memory may be used again. */
function writeChunk(request: ClientRequest, chunk: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    request.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}

/** Feeds the parts of a body to `send`, which has used a part up when it resolves. */
type Feed = (send: (chunk: Buffer) => Promise<void>) => Promise<void>;

async function sendUpload(connection: Connection, upload: Upload, feed: Feed): Promise<ObjectStat> {
  const { request, head, tail } = await openUpload(connection, upload);
  // Listened to from the start: storage may refuse before it has read everything.
  const answered = receiveResponse(request);
  const feeding = (async () => {
    request.write(head);
    await feed((chunk) => writeChunk(request, chunk));
    request.end(tail);
  })();
  feeding.catch((error) => request.destroy(error));
  const response = await answered;
  await feeding;
  return parseObjectStat(JSON.parse(await readText(response, resourceMaxBytes)));
}

/** Sends bytes that are in memory. */
export function sendBuffer(connection: Connection, upload: Upload, body: Buffer): Promise<ObjectStat> {
  return sendUpload(connection, upload, (send) => (body.length > 0 ? send(body) : Promise.resolve()));
}

async function feedFile(file: FileHandle, lengthBytes: number, send: (chunk: Buffer) => Promise<void>) {
  const buffers = [Buffer.allocUnsafeSlow(chunkBytes), Buffer.allocUnsafeSlow(chunkBytes)] as const;
  let sending: Promise<void> = Promise.resolve();
  for (let position = 0, turn = 0; position < lengthBytes; turn = 1 - turn) {
    // One buffer is read into while the other is being sent.
    const buffer = turn === 0 ? buffers[0] : buffers[1];
    const { bytesRead } = await file.read(buffer, 0, Math.min(chunkBytes, lengthBytes - position), position);
    if (bytesRead === 0) throw new Error(`expected ${lengthBytes} bytes in the file, found ${position}`);
    position += bytesRead;
    await sending;
    sending = send(buffer.subarray(0, bytesRead));
    sending.catch(() => {});
  }
  await sending;
}

/** Sends a file of `upload.lengthBytes`. */
export async function sendFile(connection: Connection, upload: Upload, path: string): Promise<ObjectStat> {
  const file = await open(path, "r");
  try {
    return await sendUpload(connection, upload, (send) => feedFile(file, upload.lengthBytes ?? 0, send));
  } finally {
    await file.close();
  }
}

/** Sends a stream of unknown length, and says what its CRC32C was. */
export async function sendStream(
  connection: Connection,
  upload: Upload,
  body: Readable,
): Promise<{ stat: ObjectStat; crc32c: string }> {
  const running = createCrc32c();
  const stat = await sendUpload(connection, upload, async (send) => {
    try {
      for await (const piece of body) {
        const chunk = Buffer.isBuffer(piece) ? piece : Buffer.from(piece);
        running.update(chunk);
        if (chunk.length > 0) await send(chunk);
      }
    } finally {
      body.destroy();
    }
  });
  return { stat, crc32c: running.toString() };
}
