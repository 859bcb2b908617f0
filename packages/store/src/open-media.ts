import type { IncomingMessage } from "node:http";
import type { Connection } from "./connection.ts";
import type { ByteRange, ObjectRef, OpenRequest } from "./object.ts";
import { openRequest, receiveResponse } from "./request.ts";

/** The answer to a download before its bytes: the figures storage states, and the bytes as a stream. */
export type Media = {
  readonly body: IncomingMessage;
  /** Bytes that will come; undefined when storage does not state it. */
  readonly lengthBytes: number | undefined;
  /** CRC32C of the whole object as stored, in base64; undefined when storage does not state it. */
  readonly crc32c: string | undefined;
};

/** Starts a download of an object, or of a part of it. Errors are the request's own, not typed yet. */
export async function openMedia(
  connection: Connection,
  ref: ObjectRef,
  range?: ByteRange,
  {
    generation,
    asStored = false,
  }: Pick<OpenRequest, "asStored"> & { readonly generation?: string | undefined } = {},
): Promise<Media> {
  const which = generation === undefined ? "" : `&generation=${generation}`;
  const request = await openRequest(connection, {
    method: "GET",
    ref,
    path: `/storage/v1/b/${encodeURIComponent(ref.bucket)}/o/${encodeURIComponent(ref.name)}?alt=media${which}`,
    headers: {
      ...(range ? { range: `bytes=${range.start ?? 0}-${range.end ?? ""}` } : {}),
      ...(asStored ? { "accept-encoding": "gzip" } : {}),
    },
  });
  request.end();
  const body = await receiveResponse(request);
  const length = body.headers["content-length"];
  return {
    body,
    lengthBytes: length === undefined ? undefined : Number(length),
    crc32c: /crc32c=([^,\s]+)/.exec(String(body.headers["x-goog-hash"] ?? ""))?.[1],
  };
}
