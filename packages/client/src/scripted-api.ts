import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import {
  Aac,
  describeKind,
  describeProblem,
  type ErrorCode,
  errorCatalogue,
  type HttpErrorCode,
  KindList,
  type KindReport,
  Pcm,
  Tempo,
  TrackList,
  TrackReceipt,
  TrackResource,
  type TrackSummary,
} from "@segue/contracts";

/** For tests: what `POST /v1/tracks` says instead of accepting a file. */
export interface Refusal {
  readonly status: number;
  readonly code?: HttpErrorCode;
  readonly retryAfter?: string;
}

/**
 * For tests: a real HTTP server that speaks the API's shapes, each checked against the contracts before it is sent. A
 * track's steps end one per time that its progress is asked for; bytes that begin with `bad:<code>` fail in decode.
 */
export interface ScriptedApi extends AsyncDisposable {
  readonly url: string;
  /** What was posted: file names in order, refused ones too. */
  readonly posts: string[];
  /** The `Idempotency-Key` of each of them. */
  readonly keys: unknown[];
  readonly trackIds: string[];
  /** What it says that its fleet makes: all of its kinds but one, `crest`, which is of a step that has left. */
  readonly kinds: KindReport[];
  /** SHA-256 of accepted bodies by file name. */
  readonly digests: Map<string, string>;
  /** The next posts are answered with these, in this order. */
  readonly refusals: Refusal[];
  /** How many of the next requests of any kind lose their connection. */
  connectionsToBreak: number;
  /** Tracks stay as they are while this is set. */
  frozen: boolean;
  /** The most posts that were under way at the same time. */
  mostPostsAtOnce: number;
  forget(trackId: string): void;
}

const stepNames = ["decode", "tempo", "encode"] as const;
const listedKinds: readonly KindReport[] = [Pcm, Tempo, Aac].map((kind, i) => ({
  ...describeKind(kind),
  step: stepNames[i] ?? null,
}));

interface ScriptedTrack {
  readonly id: string;
  readonly fileName: string;
  readonly title: string | null;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly fault: ErrorCode | null;
  endedSteps: number;
}

export async function startScriptedApi(): Promise<ScriptedApi> {
  const tracks = new Map<string, ScriptedTrack>();
  let postsUnderWay = 0;
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      // A shape that breaks the contract must fail the test that caused it, not hang it.
      response.writeHead(418).end(String(error));
    });
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (api.connectionsToBreak > 0) {
      api.connectionsToBreak--;
      request.socket.destroy();
      return;
    }
    const url = new URL(request.url ?? "/", api.url);
    if (request.method === "POST") return post(request, response, url.searchParams);
    const ids = url.searchParams.get("ids");
    if (ids !== null) {
      const known = ids.split(",").flatMap((id) => tracks.get(id) ?? []);
      for (const track of known) if (!api.frozen) track.endedSteps++;
      return send(response, 200, TrackList.parse({ tracks: known.map(summarise), nextCursor: null }));
    }
    if (url.pathname.includes("/assets/")) {
      response.writeHead(200).end(`AAC of ${tracks.get(url.pathname.split("/")[3] ?? "")?.fileName}`);
      return;
    }
    if (url.pathname === "/v1/kinds") return send(response, 200, KindList.parse({ kinds: api.kinds }));
    const track = tracks.get(url.pathname.split("/").at(-1) ?? "");
    if (track) return send(response, 200, TrackResource.parse(describe(track)));
    return send(response, 404, describeProblem("not-found", "no such track"));
  };
  const post = async (request: IncomingMessage, response: ServerResponse, asked: URLSearchParams) => {
    const fileName = asked.get("filename") ?? "";
    api.posts.push(fileName);
    api.keys.push(request.headers["idempotency-key"]);
    const refusal = api.refusals.shift();
    if (refusal) {
      if (refusal.retryAfter) response.setHeader("retry-after", refusal.retryAfter);
      return send(response, refusal.status, refusal.code ? describeProblem(refusal.code, "refused") : {});
    }
    api.mostPostsAtOnce = Math.max(api.mostPostsAtOnce, ++postsUnderWay);
    const body = await readBody(request);
    postsUnderWay--;
    const id = `01900000-0000-7000-8000-${String(tracks.size + 1).padStart(12, "0")}`;
    tracks.set(id, { id, fileName, title: asked.get("title"), ...body, endedSteps: 0 });
    api.digests.set(fileName, body.sha256);
    api.trackIds.push(id);
    send(response, 202, TrackReceipt.parse({ id, url: `/v1/tracks/${id}`, state: "accepted" }));
  };
  const api: ScriptedApi = {
    url: `http://127.0.0.1:${await listen(server)}`,
    ...untouched(),
    forget: (id) => void tracks.delete(id),
    [Symbol.asyncDispose]: () => close(server),
  };
  return api;
}

function untouched(): Omit<ScriptedApi, "url" | "forget" | typeof Symbol.asyncDispose> {
  return {
    posts: [],
    keys: [],
    trackIds: [],
    kinds: [...listedKinds],
    digests: new Map(),
    refusals: [],
    connectionsToBreak: 0,
    frozen: false,
    mostPostsAtOnce: 0,
  };
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
}

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("expected a TCP address");
  return address.port;
}

async function readBody(
  request: IncomingMessage,
): Promise<Pick<ScriptedTrack, "sha256" | "sizeBytes" | "fault">> {
  const hash = createHash("sha256");
  let head = "";
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    hash.update(chunk);
    sizeBytes += chunk.length;
    if (head.length < 100) head += chunk.toString("latin1");
  }
  const code = /^bad:([a-z-]+)/.exec(head)?.[1];
  const fault = Object.keys(errorCatalogue).find((known): known is ErrorCode => known === code) ?? null;
  return { sha256: hash.digest("hex"), sizeBytes, fault };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function statusOf(track: ScriptedTrack, index: number): TrackSummary["steps"][number]["status"] {
  if (track.endedSteps <= index && !(track.fault && track.endedSteps > 0)) return "waiting";
  if (track.fault) return index === 0 ? "failed" : "blocked";
  return "succeeded";
}

function stateOf(track: ScriptedTrack): TrackSummary["state"] {
  if (track.endedSteps === 0) return "accepted";
  if (track.fault) return "failed";
  return track.endedSteps >= stepNames.length ? "done" : "processing";
}

const acceptedAt = "2025-01-01T00:00:00.000Z";
const finishedAt = "2025-01-01T00:00:04.200Z";

function describeHead(track: ScriptedTrack) {
  const state = stateOf(track);
  const ended = state === "done" || state === "failed";
  const { id, title, fileName } = track;
  const end = { finishedAt: ended ? finishedAt : null, latencyMs: ended ? 4_200 : null };
  return {
    id,
    url: `/v1/tracks/${id}`,
    state,
    summary: state,
    title,
    metadata: {},
    fileName,
    acceptedAt,
    ...end,
  };
}

function summarise(track: ScriptedTrack): TrackSummary {
  const steps = stepNames.map((step, i) => {
    const status = statusOf(track, i);
    const code = status === "failed" ? track.fault : null;
    return { step, status, code, underlying: null, recomputing: null, upgradeFailed: false };
  });
  return { ...describeHead(track), steps };
}

const asItIsNow = { version: 1, current: true, recomputing: null, failedUpgrade: null, renderings: {} };

/** A file, and a kind that the command was not built with. */
function describeOthers({ id, sizeBytes }: ScriptedTrack, address: string): TrackResource["results"] {
  const url = `/v1/tracks/${id}/assets/aac/${address}`;
  return {
    aac: {
      address,
      ...asItIsNow,
      facts: { durationSec: 2 },
      asset: { url, contentType: "audio/mp4", sizeBytes },
    },
    // An intermediate, which is gone.
    pcm: {
      address,
      ...asItIsNow,
      facts: {},
      asset: { url: "/gone", contentType: "audio/wav", sizeBytes: 1 },
    },
    crest: { address, ...asItIsNow, facts: { crestDb: 12.34567891, words: "a\u001b[31mb" }, asset: null },
  };
}

function describe(track: ScriptedTrack): TrackResource {
  const address = "0".repeat(64);
  const done = stateOf(track) === "done";
  const tempo = { bpm: 116, confidence: 0.92, beatsSec: [], alternatives: [] };
  const steps = stepNames.map((step, i) => {
    const status = statusOf(track, i);
    const { fault } = track;
    const said = { message: "it is bad", underlying: null, attempts: null };
    const error = status === "failed" && fault ? { code: fault, ...said, ...errorCatalogue[fault] } : null;
    const attempt = {
      worker: "w",
      startedAt: acceptedAt,
      finishedAt,
      durationMs: 120,
      cpuMs: 80,
      gpuMs: null,
      earlier: [],
      deliveryAttempt: 1,
    };
    return {
      step,
      status,
      how: status === "waiting" || status === "blocked" ? null : ("computed" as const),
      version: 1,
      kind: null,
      address,
      error,
      blockedBy: status === "blocked" ? ["decode"] : [],
      outputs: null,
      attempt: status === "succeeded" ? attempt : null,
      recomputing: null,
      failedUpgrade: null,
    };
  });
  return {
    ...describeHead(track),
    source: "upload",
    master: track.sha256,
    sizeBytes: track.sizeBytes,
    targets: ["tempo", "aac"],
    requests: [],
    steps,
    results: done
      ? { tempo: { address, ...asItIsNow, facts: tempo, asset: null }, ...describeOthers(track, address) }
      : {},
    corrections: {},
  };
}
