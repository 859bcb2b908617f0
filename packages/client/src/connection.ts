import { Readable } from "node:stream";
import { Agent, type Dispatcher, errors, request } from "undici";
import type { CallOptions, SubmitOptions, Upload } from "./api-client.ts";
import { NoAnswer, UploadFailure } from "./api-errors.ts";
import { labelled } from "./labelled.ts";

export interface ConnectionOptions {
  /** How long the API may take to answer once it has the request, in ms; also the longest pause within an answer. */
  readonly answerTimeoutMs?: number;
  /** Sent with every request, where the API asks for one. */
  readonly apiKey?: string | undefined;
}

type Answer = Dispatcher.ResponseData;

interface GetOptions extends CallOptions {
  /** Of a stream of events that is gone on with. */
  readonly lastEventId?: string | undefined;
}

/** How requests get to the API. Each resolves with the answer, whatever its status. @throws {NoAnswer}; the signal's reason. */
export interface Connection extends AsyncDisposable {
  get(path: string, options?: GetOptions): Promise<Answer>;
  post(path: string, body: object, options?: SubmitOptions): Promise<Answer>;
  /** Sends JSON, a line for each. */
  postLines(path: string, lines: readonly object[], options?: SubmitOptions): Promise<Answer>;
  put(path: string, body: object, options?: CallOptions): Promise<Answer>;
  patch(path: string, body: object, options?: CallOptions): Promise<Answer>;
  delete(path: string, options?: CallOptions): Promise<Answer>;
  /** Sends bytes to a URL that is not the API's, and says which of how many they are. */
  putBytes(url: string, bytes: Uint8Array, range: string, options?: CallOptions): Promise<Answer>;
  /** @throws {UploadFailure} */
  upload(url: URL, upload: Upload, options?: SubmitOptions): Promise<Answer>;
}

export function openConnection(apiUrl: string, options: ConnectionOptions): Connection {
  const timeoutMs = options.answerTimeoutMs ?? 60_000;
  // More requests than connections wait for their turn inside the agent; reads don't wait behind uploads.
  const limits = { headersTimeout: timeoutMs, bodyTimeout: timeoutMs, connections: 8 };
  const uploads = new Agent(limits);
  const reads = new Agent(limits);
  const own: Record<string, string> =
    options.apiKey === undefined ? {} : { authorization: `Bearer ${options.apiKey}` };
  // Results name where their files are: a key goes nowhere but to the API itself.
  const headersFor = (url: URL) => (url.origin === new URL(apiUrl).origin ? own : {});
  const sendJson = (
    method: "POST" | "PUT" | "PATCH",
    path: string,
    body: object,
    { signal, idempotencyKey }: SubmitOptions = {},
  ) => {
    const headers = { "content-type": "application/json", ...own, ...keyHeader(idempotencyKey) };
    const json = JSON.stringify(body);
    return send(new URL(path, apiUrl), { dispatcher: reads, method, headers, body: json }, signal);
  };
  return {
    get(path, { signal, lastEventId } = {}) {
      const url = new URL(path, apiUrl);
      const last: Record<string, string> = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
      return send(url, { dispatcher: reads, headers: { ...headersFor(url), ...last } }, signal);
    },
    post: (path, body, options) => sendJson("POST", path, body, options),
    postLines(path, lines, { signal, idempotencyKey } = {}) {
      const headers = { "content-type": "application/x-ndjson", ...own, ...keyHeader(idempotencyKey) };
      const body = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
      return send(new URL(path, apiUrl), { dispatcher: reads, method: "POST", headers, body }, signal);
    },
    put: (path, body, options) => sendJson("PUT", path, body, options),
    patch: (path, body, options) => sendJson("PATCH", path, body, options),
    delete: (path, { signal } = {}) =>
      send(new URL(path, apiUrl), { dispatcher: reads, method: "DELETE", headers: own }, signal),
    putBytes(url, body, range, { signal } = {}) {
      const headers = { "content-range": range, "content-length": String(body.length) };
      return send(new URL(url), { dispatcher: uploads, method: "PUT", headers, body }, signal);
    },
    async upload(url, { body, sizeBytes }, { signal, idempotencyKey } = {}) {
      const length = body instanceof Readable ? sizeBytes : body.byteLength;
      const headers = {
        "content-type": "application/octet-stream",
        ...own,
        ...(length === undefined ? {} : { "content-length": String(length) }),
        ...keyHeader(idempotencyKey),
      };
      const bytes = body instanceof Readable ? labelled(body, UploadFailure.from) : body;
      // It may fail while the request waits for its turn, when nobody reads yet; whoever reads is told then.
      if (body instanceof Readable) body.on("error", () => {});
      try {
        return await send(url, { dispatcher: uploads, method: "POST", headers, body: bytes }, signal);
      } catch (error) {
        if (body instanceof Readable) body.destroy();
        throw error;
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([uploads.destroy(), reads.destroy()]);
    },
  };
}

type RequestOptions = NonNullable<Parameters<typeof request<null>>[1]>;
type Sent = Omit<RequestOptions, "body" | "signal"> & {
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
};

async function send(url: URL, sent: Sent, signal: AbortSignal | undefined): Promise<Answer> {
  try {
    // Undici takes any iterable of bytes; its types know only Node's streams.
    return await request(url, { ...sent, signal: signal ?? null } as RequestOptions);
  } catch (error) {
    if (signal?.aborted || error instanceof UploadFailure) throw error;
    if (error instanceof errors.RequestContentLengthMismatchError)
      throw new UploadFailure("its size is not what it was said to be", { cause: error });
    throw NoAnswer.from(error);
  }
}

function keyHeader(key: string | undefined): Record<string, string> {
  return key === undefined ? {} : { "idempotency-key": key };
}
