import http from "node:http";
import https from "node:https";
import { type Connection, formatRef } from "./connection.ts";
import { StoreUnavailableError } from "./errors.ts";
import type { ByteRange, ObjectRef } from "./object.ts";

/** The answer to a download before its bytes: the figures storage states, and the bytes as a stream. */
export type Media = {
  readonly body: http.IncomingMessage;
  /** Bytes that will come. */
  readonly lengthBytes: number;
  /** CRC32C of the whole object, in base64; undefined when storage does not state it. */
  readonly crc32c: string | undefined;
};

const agents = {
  "http:": { request: http.request, agent: new http.Agent({ keepAlive: true }) },
  "https:": { request: https.request, agent: new https.Agent({ keepAlive: true }) },
};

function mediaUrl(connection: Connection, ref: ObjectRef): URL {
  const path = `/storage/v1/b/${encodeURIComponent(ref.bucket)}/o/${encodeURIComponent(ref.name)}`;
  return new URL(`${connection.client.apiEndpoint}${path}?alt=media`);
}

function readCrc32c(header: string | string[] | undefined): string | undefined {
  return /crc32c=([^,\s]+)/.exec(String(header ?? ""))?.[1];
}

async function readMessage(response: http.IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) if (text.length < 2_000) text += chunk;
  return text;
}

/**
 * Starts a download of an object, or of a part of it. The client's own `createReadStream` passes every chunk through
 * seven streams and has no timeout; this is the same documented request, with the client's credentials, on one stream.
 * The stream fails with `StoreUnavailableError` when no byte has come for the connection's timeout.
 */
export async function openMedia(connection: Connection, ref: ObjectRef, range?: ByteRange): Promise<Media> {
  const what = formatRef(ref);
  const url = mediaUrl(connection, ref);
  const { request, agent } = url.protocol === "http:" ? agents["http:"] : agents["https:"];
  const headers: Record<string, string> = await connection.authorize();
  if (range) headers.range = `bytes=${range.start ?? 0}-${range.end ?? ""}`;
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    const sent = request(url, { headers, agent, timeout: connection.requestTimeoutMs });
    sent.on("timeout", () => {
      sent.destroy(new StoreUnavailableError(what, `no byte came for ${connection.requestTimeoutMs} ms`));
    });
    sent.on("response", resolve).on("error", reject).end();
  });
  const status = response.statusCode ?? 0;
  if (status !== 200 && status !== 206) {
    throw Object.assign(new Error(await readMessage(response)), { code: status });
  }
  return {
    body: response,
    lengthBytes: Number(response.headers["content-length"]),
    crc32c: readCrc32c(response.headers["x-goog-hash"]),
  };
}
