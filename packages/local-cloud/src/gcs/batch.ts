import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage, STATUS_CODES } from "node:http";
import { text } from "node:stream/consumers";
import { invalid } from "./api-error.ts";
import { findDelimiting, readBoundaries } from "./multipart.ts";
import { readText } from "./receive.ts";
import type { Call } from "./server-state.ts";

const maxCalls = 100;
const maxBytes = 10 * 1024 * 1024;

/** One request of a batch, as its part of the body states it. */
type BatchedCall = {
  readonly contentId: string | undefined;
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
};

function parseHeaders(lines: readonly string[]): Record<string, string> {
  const pairs = lines.map((line) => {
    const at = line.indexOf(":");
    if (at < 1) throw invalid(`Malformed header in a batch: ${line}`);
    return [line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim()] as const;
  });
  return Object.fromEntries(pairs);
}

function splitHead(part: string): [head: string[], rest: string] {
  const at = part.indexOf("\n\n");
  const head = at < 0 ? part : part.slice(0, at);
  return [head.split("\n").filter((line) => line !== ""), at < 0 ? "" : part.slice(at + 2)];
}

/** Parses one `application/http` part, its line ends being line feeds. */
function parseCall(part: string): BatchedCall {
  const [outer, request] = splitHead(part.replace(/^\n/, ""));
  const [[line = "", ...inner], body] = splitHead(request.trimStart());
  const match = /^([A-Z]+) (\S+)(?: HTTP\/1\.[01])?$/.exec(line.trim());
  const [, method = "", target = ""] = match ?? [];
  const path = /^https?:\/\//.test(target) ? target.replace(/^https?:\/\/[^/]*/, "") : target;
  if (!match || !path.startsWith("/")) throw invalid(`Malformed request in a batch: ${JSON.stringify(line)}`);
  if (!path.startsWith("/storage/v1/") || /[?&]alt=media/.test(path))
    throw invalid("A batch can't hold uploads, downloads, or anything that is not below /storage/v1/");
  return {
    contentId: parseHeaders(outer)["content-id"],
    method,
    path,
    headers: parseHeaders(inner),
    body: body.replace(/\n$/, ""),
  };
}

function parseCalls(body: string, contentType: string | undefined): BatchedCall[] {
  const head = Buffer.from(body.slice(0, 1000));
  const delimiting = findDelimiting(head, readBoundaries(contentType));
  if (!delimiting) throw invalid("Malformed multipart body");
  const lines = body.replaceAll("\r\n", "\n");
  const [, ...parts] = `\n${lines}`.split(`\n${delimiting.delimiter}`);
  const end = parts.findIndex((part) => part.startsWith("--"));
  if (end < 0) throw invalid("Malformed multipart body: expected a closing boundary");
  if (end > maxCalls) throw invalid(`A batch holds at most ${maxCalls} calls, got ${end}`);
  return parts.slice(0, end).map(parseCall);
}

/** Sends one request of a batch to this very server, as a client would, and returns its answer as it is written. */
async function send({ state, request: batch }: Call, call: BatchedCall): Promise<string> {
  const { "content-length": _length, "transfer-encoding": _encoding, ...headers } = call.headers;
  const { authorization, host } = batch.headers;
  const request = httpRequest(new URL(call.path, state.url()), {
    method: call.method,
    headers: { ...(authorization === undefined ? {} : { authorization }), ...headers, host },
    agent: false,
  });
  request.end(call.body);
  const response: IncomingMessage = (await once(request, "response"))[0];
  const body = await text(response);
  const status = response.statusCode ?? 500;
  const type = response.headers["content-type"];
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    ...(type === undefined ? [] : [`Content-Type: ${type}`]),
    `Content-Length: ${Buffer.byteLength(body)}`,
    "",
    body,
  ].join("\r\n");
}

/** `<id>` is answered as `<response-id>`. */
const answerId = (id: string) => id.replace(/^<?/, (open) => `${open}response-`);

/** `POST /batch/storage/v1`: up to a hundred calls in one request, each answered for itself, in order. */
export async function handleBatch(call: Call): Promise<void> {
  const body = await readText(call.request, maxBytes);
  const calls = parseCalls(body, call.request.headers["content-type"]);
  const boundary = `batch_${randomUUID()}`;
  let answer = "";
  for (const batched of calls) {
    const id = batched.contentId;
    const head = id === undefined ? "" : `Content-ID: ${answerId(id)}\r\n`;
    answer += `--${boundary}\r\nContent-Type: application/http\r\n${head}\r\n${await send(call, batched)}\r\n`;
  }
  answer += `--${boundary}--\r\n`;
  call.response.writeHead(200, {
    "content-type": `multipart/mixed; boundary=${boundary}`,
    "content-length": Buffer.byteLength(answer),
  });
  call.response.end(answer);
}
