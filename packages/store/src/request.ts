import http from "node:http";
import https from "node:https";
import { z } from "zod";
import { type Connection, formatRef } from "./connection.ts";
import { StoreUnavailableError } from "./errors.ts";
import type { ObjectRef } from "./object.ts";

// Media passes here instead of through the client: its streams copy every chunk through seven layers and know no
// timeout. Requests, credentials and endpoint are the same.
const agents = {
  "http:": { request: http.request, agent: new http.Agent({ keepAlive: true }) },
  "https:": { request: https.request, agent: new https.Agent({ keepAlive: true }) },
};

export type MediaRequest = { readonly headers: Readonly<Record<string, string>> } & (
  | {
      readonly method: "GET" | "POST";
      readonly ref: ObjectRef;
      /** Below the endpoint, percent-encoded, with its query. */
      readonly path: string;
    }
  /** Of an upload session. Its URL is all that it asks for. */
  | { readonly method: "PUT" | "DELETE"; readonly url: URL }
);

/**
 * Opens a request. It fails with `StoreUnavailableError` when no byte has moved, in either direction, for as long as
 * the connection's timeout.
 */
export async function openRequest(
  connection: Connection,
  { method, headers, ...at }: MediaRequest,
): Promise<http.ClientRequest> {
  const isSession = "url" in at;
  const url = isSession ? at.url : new URL(`${connection.client.apiEndpoint}${at.path}`);
  const { request, agent } = url.protocol === "http:" ? agents["http:"] : agents["https:"];
  const timeout = connection.requestTimeoutMs;
  const credentials = isSession ? {} : await connection.authorize();
  const opened = request(url, { method, agent, timeout, headers: { ...credentials, ...headers } });
  opened.on("timeout", () => {
    const what = isSession ? "an upload session" : formatRef(at.ref);
    opened.destroy(new StoreUnavailableError(what, `no byte moved for ${timeout} ms`));
  });
  return opened;
}

/** Waits for the head of the answer. Throws an error with the HTTP status as its `code` unless it is 2xx. */
export async function receiveResponse(request: http.ClientRequest): Promise<http.IncomingMessage> {
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    request.once("response", resolve).once("error", reject);
  });
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) return response;
  const message = readMessage(await readText(response, 2_000));
  // A refusal may come before all of the body has been sent: nobody reads the rest.
  request.destroy();
  throw Object.assign(new Error(message || `HTTP ${status}`), { code: status });
}

const errorBody = z.object({ error: z.object({ message: z.string() }) });

/** What an error of the JSON API says, without the form around it. */
function readMessage(body: string): string {
  try {
    return errorBody.parse(JSON.parse(body)).error.message;
  } catch {
    return body;
  }
}

/** Reads a small body. What is over `maxBytes` is dropped. */
export async function readText(response: http.IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (sizeBytes < maxBytes) chunks.push(chunk);
    sizeBytes += chunk.length;
  }
  return Buffer.concat(chunks).toString("utf8", 0, Math.min(sizeBytes, maxBytes));
}
