import { randomUUID } from "node:crypto";
import { type IncomingMessage, type Server, ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { describeProblem, type HttpErrorCode, httpErrorCatalogue } from "@segue/contracts";
import type { Logger } from "@segue/telemetry";
import { problemHeaders } from "./answer-errors.ts";
import { lingerMs } from "./linger.ts";
import { requestIdOf } from "./request-id.ts";

/** Node's words for what it refuses before there is a whole request; all else that it says is a request it can't read. */
const codes: Readonly<Record<string, HttpErrorCode>> = {
  HPE_HEADER_OVERFLOW: "headers-too-large",
  ERR_HTTP_REQUEST_TIMEOUT: "request-stalled",
  HPE_INVALID_EOF_STATE: "upload-cut",
};

const details: Partial<Record<HttpErrorCode, string>> = {
  "headers-too-large": "expected a request line and header fields of at most 16 KiB together",
  "request-stalled": "the request's header fields did not come in time",
  "upload-cut": "the connection ended before the request did",
};

/** Connections that were answered: the parser complains of everything that still comes on them. */
const ended = new WeakSet<Duplex>();

/** Bytes that are no HTTP, or came too slowly to be a request: answered as problem details on the bare connection. */
export function answerSocketError(
  error: Error & { readonly code?: string },
  socket: Duplex,
  log: Logger,
): void {
  if (error.code !== "ECONNRESET" && ended.has(socket)) return;
  // The client is gone, or an answer is under way already, which must not be mixed with another.
  if (error.code === "ECONNRESET" || !socket.writable || isAnswering(socket)) {
    socket.destroy();
    return;
  }
  const problem = codes[error.code ?? ""] ?? "invalid-request";
  const detail = details[problem] ?? "expected a request of HTTP/1.1, got something else";
  const requestId = randomUUID();
  log.info({ requestId, code: problem, error }, "request refused");
  endWith(socket, renderProblem(problem, detail, requestId));
}

/** Answers, and lets go of the connection, if its client does not: half open, it would hold a file for as long as the client likes. */
function endWith(socket: Duplex, { status, headers, body }: RenderedProblem): void {
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `date: ${new Date().toUTCString()}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
  ended.add(socket);
  // What still comes is read and thrown away: closing now would reset the connection and lose the answer.
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  timer.unref();
  socket.once("close", () => clearTimeout(timer));
}

/** Whether Node has begun an answer on the connection. */
function isAnswering(socket: Duplex): boolean {
  // Where Node keeps it; its documentation of `clientError` points there.
  const answer: unknown = Reflect.get(socket, "_httpMessage");
  return answer instanceof ServerResponse && answer.headersSent;
}

/** A request that expects what this service does not do: Node would answer without a word. */
export function refuseExpectations(server: Server, log: Logger): void {
  server.on("checkExpectation", (request: IncomingMessage, response: ServerResponse) => {
    const requestId = requestIdOf(request);
    log.info({ requestId, code: "expectation-failed" }, "request refused");
    const detail = `expected no Expect header but 100-continue, got ${request.headers.expect}`;
    const { status, headers, body } = renderProblem("expectation-failed", detail, requestId);
    response.writeHead(status, { ...headers }).end(body);
  });
}

/** CONNECT, which asks for a tunnel: Node would close the connection without a word. */
export function refuseTunnels(server: Server, log: Logger): void {
  server.on("connect", (request: IncomingMessage, socket: Duplex) => {
    const requestId = requestIdOf(request);
    log.info({ requestId, code: "method-not-allowed" }, "request refused");
    // Nobody else listens: the client may go away meanwhile.
    socket.on("error", () => {});
    const refusal = renderProblem("method-not-allowed", "nothing here takes CONNECT", requestId);
    endWith(socket, { ...refusal, headers: { ...refusal.headers, allow: "GET, HEAD, OPTIONS, POST" } });
  });
}

interface RenderedProblem {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: string;
}

function renderProblem(problem: HttpErrorCode, detail: string, requestId: string): RenderedProblem {
  const body = JSON.stringify(describeProblem(problem, detail, requestId));
  const headers = { ...problemHeaders(problem, requestId), "content-length": Buffer.byteLength(body) };
  return { status: httpErrorCatalogue[problem].status, headers, body };
}
