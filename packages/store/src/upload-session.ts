import type { IncomingMessage } from "node:http";
import { type Connection, formatRef } from "./connection.ts";
import { StoreRefusedError } from "./errors.ts";
import type { ObjectRef } from "./object.ts";
import { openRequest, readText, receiveResponse } from "./request.ts";
import { limitTime, retryUnavailable } from "./retry.ts";

/** Chunks of a session have a multiple of so many bytes, the last one apart. */
export const sessionChunkBytes = 256 * 1024;

/** What a session is opened for: one object, which nobody has written before. */
export type SessionRequest = ObjectRef & {
  /** Storage takes an object of this size and no other. */
  readonly sizeBytes: number;
  readonly contentType: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Of the web page that will send the bytes: its browser is told that it may. */
  readonly origin?: string | undefined;
};

/** How far a session is; `over`: it has expired, was given up, or storage has refused what came. */
export type SessionState = { readonly receivedBytes: number } | "finished" | "over";

const resourceMaxBytes = 64 * 1024;
/** What a session that is no more answers with. A cancelled one says 499 for a while. */
const overStatuses: readonly unknown[] = [400, 404, 410, 499];

/**
 * Opens a session in which an object is written in several requests, by whoever knows its URL, within a week.
 *
 * @returns that URL. It is a secret: it takes the bytes of this one object, tells how many have come, and gives the session up.
 */
export async function openUploadSession(
  connection: Connection,
  { bucket, name, sizeBytes, contentType, metadata, origin }: SessionRequest,
): Promise<string> {
  const what = formatRef({ bucket, name });
  const resource = JSON.stringify({ name, contentType, ...(metadata ? { metadata } : {}) });
  return connection.call(`upload session of ${what}`, async () => {
    const request = await openRequest(connection, {
      method: "POST",
      ref: { bucket, name },
      path: `/upload/storage/v1/b/${encodeURIComponent(bucket)}/o?uploadType=resumable&name=${encodeURIComponent(name)}&ifGenerationMatch=0`,
      headers: {
        "content-type": "application/json; charset=UTF-8",
        "content-length": String(Buffer.byteLength(resource)),
        "x-upload-content-type": contentType,
        "x-upload-content-length": String(sizeBytes),
        ...(origin === undefined ? {} : { origin }),
      },
    });
    request.end(resource);
    const response = await receiveResponse(request);
    await readText(response, resourceMaxBytes);
    const { location } = response.headers;
    if (location === undefined) throw new StoreRefusedError(what, "a session was opened without a URL");
    return location;
  });
}

/** @param sizeBytes of the whole object. */
export async function readUploadSession(
  connection: Connection,
  url: string,
  sizeBytes: number,
): Promise<SessionState> {
  const headers = {
    "content-range": `bytes */${sizeBytes}`,
    "content-length": "0",
    // Else what is not complete is a 308, which is no answer to those that follow redirects.
    "x-guploader-no-308": "yes",
  };
  const answer = await askSession(connection, "PUT", url, headers);
  if (answer === undefined) return "over";
  if (answer["x-http-status-code-override"] !== "308") return "finished";
  const last = /^bytes=0-(\d+)$/.exec(String(answer.range ?? ""))?.[1];
  return { receivedBytes: last === undefined ? 0 : Number(last) + 1 };
}

/** Gives a session up, with the bytes that have come. One that is over stays so; what it has finished is an object. */
export async function cancelUploadSession(connection: Connection, url: string): Promise<void> {
  await askSession(connection, "DELETE", url, { "content-length": "0" });
}

/** The head of the answer; undefined where the session is over. */
async function askSession(
  connection: Connection,
  method: "PUT" | "DELETE",
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<IncomingMessage["headers"] | undefined> {
  const what = "an upload session";
  const patienceMs = connection.requestTimeoutMs;
  const ask = async () => {
    const request = await openRequest(connection, { method, url: connection.present(url), headers });
    request.end();
    try {
      const response = await receiveResponse(request);
      await readText(response, resourceMaxBytes);
      return response.headers;
    } catch (error) {
      const { code } = Object(error);
      if (overStatuses.includes(code)) return undefined;
      throw error;
    }
  };
  return retryUnavailable(what, patienceMs, () => limitTime(what, patienceMs, ask()));
}
