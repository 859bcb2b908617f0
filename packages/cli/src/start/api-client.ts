import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import {
  type BackfillAction,
  BackfillList,
  BackfillReceipt,
  type BackfillRequest,
  BackfillResource,
  PingAnswers,
  PingReceipt,
  type PingRequest,
  Problem,
  ReplayReceipt,
  type ReplayRequest,
  ToolsInUse,
  type TrackFromSource,
  TrackHistory,
  TrackList,
  TrackReceipt,
  TrackResource,
  type TrackSummary,
} from "@segue/contracts";
import { Agent, type Dispatcher, request } from "undici";
import { z } from "zod";
import { bytesOfPath } from "./path-bytes.ts";

export interface Upload {
  /** Absolute. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly fileName: string;
  readonly title?: string;
  /** The default ones when left out. */
  readonly targets?: readonly string[];
}

/** As `GET /v1/tracks` takes it. */
export type TrackFilter = { readonly [K in "state" | "failed" | "code" | "step"]?: string };

/** The API answered with an error. */
export class ApiRefusal extends Error {
  override readonly name = "ApiRefusal";
  readonly status: number;
  /** Of the catalogue, or `http-<status>` where the answer names none. */
  readonly code: string;
  /** How long the API asks to wait; null where it does not say. */
  readonly retryAfterMs: number | null;

  constructor(status: number, code: string, message: string, retryAfterMs: number | null) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The API answered with something that its contract does not know: a defect, not worth another try. */
export class UnexpectedAnswer extends Error {
  override readonly name = "UnexpectedAnswer";
}

/** Refusals that a later attempt may not meet; all others are for good. */
const passingStatuses: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504, 507]);

/** Whether the same request may succeed later: the API was busy, away, or the connection broke. */
export function mayPass(error: unknown): boolean {
  if (error instanceof UnexpectedAnswer) return false;
  if (error instanceof ApiRefusal) return passingStatuses.has(error.status) || error.code === "upload-cut";
  return true;
}

/** The API as this command uses it. Every answer is checked against the contracts. */
export interface ApiClient extends AsyncDisposable {
  readonly apiUrl: string;
  /**
   * Sends a file's bytes, streamed from disk.
   *
   * @throws {ApiRefusal} {UnexpectedAnswer} and errors of the connection or the file.
   */
  postFile(upload: Upload, signal: AbortSignal, idempotencyKey?: string): Promise<TrackReceipt>;
  /** Names a source that the API fetches from. */
  postSource(body: TrackFromSource, signal: AbortSignal, idempotencyKey?: string): Promise<TrackReceipt>;
  /** How far tracks are; those that the catalog has not heard of yet are left out. At most 200 ids. */
  readProgress(ids: readonly string[], signal: AbortSignal): Promise<TrackSummary[]>;
  /** A page of all tracks, the newest first, at most 200; `cursor` is the page before's `nextCursor`. */
  readPage(
    page: { limit: number; cursor: string | null },
    signal: AbortSignal,
    filter?: TrackFilter,
  ): Promise<TrackList>;
  /** A track with its results; undefined if the API knows no such track. */
  readTrack(id: string, signal: AbortSignal): Promise<TrackResource | undefined>;
  /** A track's audit trail; undefined if the API knows no such track. */
  readHistory(id: string, signal: AbortSignal): Promise<TrackHistory | undefined>;
  /** Writes what a result's `asset.url` names to a file; false if it is gone. */
  downloadAsset(url: string, path: string, signal: AbortSignal): Promise<boolean>;
  /** Writes a track's master to a file; false if the API knows no such track, or the bytes are gone. */
  downloadMaster(id: string, path: string, signal: AbortSignal): Promise<boolean>;
  /** Sends a track through the chain again; undefined if the API knows no such track. */
  replay(id: string, body: ReplayRequest, signal: AbortSignal): Promise<ReplayReceipt | undefined>;
  sendPing(body: PingRequest, signal: AbortSignal): Promise<PingReceipt>;
  readPing(id: string, signal: AbortSignal): Promise<PingAnswers>;
  /** Builds that have made results of late; undefined if the API is too old to tell. */
  readTools(signal: AbortSignal): Promise<ToolsInUse | undefined>;
  requestBackfill(body: BackfillRequest, signal: AbortSignal): Promise<BackfillReceipt>;
  /** The latest ones. */
  listBackfills(signal: AbortSignal): Promise<BackfillList>;
  /** Undefined if the API knows no such backfill, or not yet. */
  readBackfill(id: string, signal: AbortSignal): Promise<BackfillResource | undefined>;
  steerBackfill(
    id: string,
    action: BackfillAction,
    signal: AbortSignal,
  ): Promise<BackfillReceipt | undefined>;
}

export interface ApiClientOptions {
  /** How long the API may take to answer once it has the request, in ms; also the longest pause within an answer. */
  readonly answerTimeoutMs?: number;
}

export function createApiClient(apiUrl: string, options: ApiClientOptions = {}): ApiClient {
  const timeoutMs = options.answerTimeoutMs ?? 60_000;
  // More requests than connections wait for their turn inside the agent; reads don't wait behind uploads.
  const limits = { headersTimeout: timeoutMs, bodyTimeout: timeoutMs, connections: 8 };
  const uploads = new Agent(limits);
  const reads = new Agent(limits);
  const get = (path: string, signal: AbortSignal) =>
    request(new URL(path, apiUrl), { dispatcher: reads, signal });
  const post = (path: string, body: object, signal: AbortSignal, headers: Record<string, string> = {}) =>
    request(new URL(path, apiUrl), {
      method: "POST",
      dispatcher: reads,
      signal,
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  return {
    apiUrl,
    async postSource(body, signal, key) {
      return parseAnswer(await post("/v1/tracks", body, signal, keyHeader(key)), TrackReceipt);
    },
    async postFile({ path, sizeBytes, fileName, title, targets }, signal, key) {
      const url = new URL("/v1/tracks", apiUrl);
      url.searchParams.set("filename", fileName);
      if (title !== undefined) url.searchParams.set("title", title);
      if (targets !== undefined) url.searchParams.set("targets", targets.join(","));
      const answer = await request(url, {
        method: "POST",
        dispatcher: uploads,
        signal,
        headers: {
          "content-type": "application/octet-stream",
          "content-length": String(sizeBytes),
          ...keyHeader(key),
        },
        body: createReadStream(bytesOfPath(path)),
      });
      return parseAnswer(answer, TrackReceipt);
    },
    async readProgress(ids, signal) {
      if (ids.length === 0) return [];
      const { tracks } = await parseAnswer(await get(`/v1/tracks?ids=${ids.join(",")}`, signal), TrackList);
      return tracks;
    },
    async readPage({ limit, cursor }, signal, filter = {}) {
      const query = new URLSearchParams({
        limit: String(limit),
        ...(cursor === null ? {} : { cursor }),
        ...filter,
      });
      return parseAnswer(await get(`/v1/tracks?${query}`, signal), TrackList);
    },
    async readTrack(id, signal) {
      return parseIfFound(await get(`/v1/tracks/${id}`, signal), TrackResource);
    },
    async readHistory(id, signal) {
      return parseIfFound(await get(`/v1/tracks/${id}/history`, signal), TrackHistory);
    },
    downloadAsset: async (url, path, signal) => download(await get(url, signal), path),
    downloadMaster: async (id, path, signal) =>
      download(await get(`/v1/tracks/${id}/assets/master`, signal), path),
    async replay(id, body, signal) {
      return parseIfFound(await post(`/v1/tracks/${id}/replay`, body, signal), ReplayReceipt);
    },
    async sendPing(body, signal) {
      return parseAnswer(await post("/v1/pings", body, signal), PingReceipt);
    },
    async readPing(id, signal) {
      return parseAnswer(await get(`/v1/pings/${id}`, signal), PingAnswers);
    },
    async readTools(signal) {
      return parseIfFound(await get("/v1/tools", signal), ToolsInUse);
    },
    async requestBackfill(body, signal) {
      return parseAnswer(await post("/v1/backfills", body, signal), BackfillReceipt);
    },
    async listBackfills(signal) {
      return parseAnswer(await get("/v1/backfills", signal), BackfillList);
    },
    async readBackfill(id, signal) {
      return parseIfFound(await get(`/v1/backfills/${id}`, signal), BackfillResource);
    },
    async steerBackfill(id, action, signal) {
      return parseIfFound(await post(`/v1/backfills/${id}/${action}`, {}, signal), BackfillReceipt);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([uploads.destroy(), reads.destroy()]);
    },
  };
}

function keyHeader(key: string | undefined): Record<string, string> {
  return key === undefined ? {} : { "idempotency-key": key };
}

async function download(answer: Dispatcher.ResponseData, path: string): Promise<boolean> {
  if (answer.statusCode === 200) await pipeline(answer.body, createWriteStream(path));
  else if ((await parseIfFound(answer, z.unknown())) !== undefined)
    throw new UnexpectedAnswer(`the API answered ${answer.statusCode} for an asset`);
  return answer.statusCode === 200;
}

async function parseIfFound<S extends z.ZodType>(
  answer: Dispatcher.ResponseData,
  schema: S,
): Promise<z.output<S> | undefined> {
  if (answer.statusCode !== 404) return parseAnswer(answer, schema);
  await answer.body.dump();
  return undefined;
}

async function parseAnswer<S extends z.ZodType>(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  schema: S,
): Promise<z.output<S>> {
  const text = await body.text();
  const json = parseJson(text);
  if (statusCode < 200 || statusCode > 299) {
    const problem = Problem.safeParse(json);
    const detail = problem.success ? problem.data.detail : text.slice(0, 200).trim();
    const code = problem.success ? problem.data.code : `http-${statusCode}`;
    const message = detail || `the API answered ${statusCode}`;
    throw new ApiRefusal(statusCode, code, message, readRetryAfter(headers["retry-after"], Date.now()));
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new UnexpectedAnswer(
    `the API's answer is not in the expected form: ${issue?.path.join(".")}: ${issue?.message}`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `Retry-After` in ms from now, in either of its forms (RFC 9110, 10.2.3): seconds, or a date. */
export function readRetryAfter(header: string | string[] | undefined, nowMs: number): number | null {
  const value = Array.isArray(header) ? header[0] : header;
  if (value === undefined) return null;
  if (/^\d+$/.test(value.trim())) return Number(value) * 1000;
  const dateMs = Date.parse(value);
  return Number.isNaN(dateMs) ? null : Math.max(0, dateMs - nowMs);
}
