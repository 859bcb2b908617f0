import multipart from "@fastify/multipart";
import { TrackAccepted, TrackFromSource, TrackReceipt, UploadDetails } from "@segue/contracts";
import type { FastifyReply, FastifyRequest } from "fastify";
import {
  acceptTrack,
  type Brought,
  describeAccepted,
  planTargets,
  type TrackDetails,
} from "../accept-track.ts";
import type { Api, ApiContext } from "../api-context.ts";
import { baseUrl } from "../base-url.ts";
import { trackUrl } from "../describe-track.ts";
import { findMaster } from "../find-master.ts";
import { parseInput } from "../input/parse-input.ts";
import { countAccepted, requireQuota, requireRoom } from "../keys/quotas.ts";
import { limitUploads } from "../limit-uploads.ts";
import { nameSource } from "../name-source.ts";
import { answerOnce } from "../once/answer-once.ts";
import { readKey } from "../once/read-key.ts";
import { ownerOf } from "../owner-of.ts";
import { ProblemError } from "../problem-error.ts";
import { requireSource } from "../require-source.ts";
import { traceRequest } from "../trace-request.ts";
import { judgeBody } from "../upload/judge-body.ts";
import { readFormUpload, readRawUpload, type Upload } from "../upload/read-upload.ts";
import { problems } from "./problems.ts";

/** `POST /v1/tracks`: a form, raw bytes, or the name of a source. */
export async function createTrackRoute(app: Api, context: ApiContext): Promise<void> {
  await app.register(multipart, {
    // The file's size is limited where it streams by, so that form and raw body have one limit and one error.
    limits: { fileSize: Number.MAX_SAFE_INTEGER, files: 2, fields: 20, fieldSize: 64 * 1024 },
  });
  app.addContentTypeParser("*", (_request, payload, done) => done(null, payload));

  const schema = {
    operationId: "createTrack",
    summary: "Submit a track",
    description:
      "Answered once the bytes, or the name of their source, and the task are safe. The body is a form with a field `file`, the bytes themselves " +
      "(what is said of them then stands in the query), or JSON that names a source, from which the master is fetched later.",
    querystring: UploadDetails,
    response: { 202: TrackReceipt, ...problems(400, 408, 413, 415, 422, 429, 503, 507) },
  };
  const limit = limitUploads(context);
  // What names a source takes no file in.
  const judge = async (request: FastifyRequest, reply: FastifyReply) => {
    await requireQuota(context, request, reply);
    if (judgeBody(request.raw) !== "json") await limit(request, reply);
  };
  app.post("/v1/tracks", { schema, onRequest: judge }, async (request, reply) => {
    const submission = await readSubmission(context, request, request.query);
    let brought: Brought | undefined;
    try {
      return await answerOnce(context, request, reply, {
        request: { route: "POST /v1/tracks", ...submission.request },
        plan: TrackAccepted,
        async decide() {
          await requireRoom(context, request, submission.sizeBytes);
          const settled = await submission.settle();
          brought = settled.brought;
          return describeAccepted(context, { ...settled.details, owner: ownerOf(request) }, brought);
        },
        carryOut: (track) =>
          traceRequest(request, "POST /v1/tracks", async (trace) => {
            const { trackId: id, sizeBytes } = track;
            const brings = await bringFor(context, submission, track, brought);
            const isRepeatable = readKey(request.raw) !== undefined;
            await countAccepted(context, request, reply, { trackId: id, sizeBytes, isRepeatable }, () =>
              acceptTrack(context, track, brings, trace),
            );
            const url = trackUrl(baseUrl(context, request), id);
            return { status: 202, location: url, body: { id, url, state: "accepted" } };
          }),
      });
    } finally {
      await submission.end();
    }
  });
}

/** A submission whose bytes, if it brought any, have come. */
interface Submission {
  /** What it is, as another one can be compared with it. */
  readonly request: object;
  /** Null: nothing has come, but a source. */
  readonly sizeBytes: number | null;
  /** The source that it names, with all that signs it. */
  readonly url?: string;
  /** Has its master kept, if it brought one. */
  settle(): Promise<{ details: Omit<TrackDetails, "owner">; brought: Brought }>;
  /** Lets go of what was not kept. */
  end(): Promise<void>;
}

/** What a track was planned with, by this request or by an earlier one under the same key, which said the same. */
async function bringFor(
  context: ApiContext,
  { url }: Submission,
  { master }: TrackAccepted,
  brought: Brought | undefined,
): Promise<Brought> {
  if (url !== undefined) return { url };
  if (brought && "payload" in brought && brought.payload.name === master) return brought;
  return { payload: await findMaster(context, { master }) };
}

async function readSubmission(
  context: ApiContext,
  request: FastifyRequest,
  query: UploadDetails,
): Promise<Submission> {
  const form = judgeBody(request.raw);
  if (form !== "bytes") requireNoQuery(request.url);
  if (form === "json") return submitSource(context, parseInput(TrackFromSource, request.body, "body"));
  if (form === "bytes" && !hasBody(request)) {
    throw new ProblemError("invalid-request", "expected a body: a form, the bytes of a file, or JSON");
  }
  const { masters, config } = context;
  // What the query alone tells is told before the file is on its way.
  if (form === "bytes") planTargets(context, query.targets);
  return submitUpload(
    context,
    form === "form"
      ? await readFormUpload(request, masters, config.pace.idleMs)
      : { received: await readRawUpload(request, masters, config.pace.maxBytes), details: query },
  );
}

function submitSource(context: ApiContext, body: TrackFromSource): Submission {
  const { source, title = null, targets } = body;
  planTargets(context, targets);
  requireSource(context, source);
  return {
    request: body,
    sizeBytes: null,
    url: source,
    settle: async () => ({
      brought: { url: source },
      details: { title, fileName: nameSource(source), source, targets, job: null },
    }),
    async end() {},
  };
}

async function submitUpload(context: ApiContext, { received, details }: Upload): Promise<Submission> {
  const { masters } = context;
  const { title = null, filename = null, targets } = details;
  let kept = false;
  const end = async () => {
    if (!kept) await masters.discard(received);
  };
  try {
    planTargets(context, targets);
  } catch (error) {
    await end();
    throw error;
  }
  return {
    request: { ...details, sha256: received.sha256 },
    sizeBytes: received.sizeBytes,
    async settle() {
      kept = true;
      const payload = await masters.keep(received);
      const details = { title, fileName: filename, source: "upload", targets, job: null };
      return { brought: { payload }, details };
    },
    end,
  };
}

/** What is said of a form's file stands in the form, and what is said of a source beside it. */
function requireNoQuery(url: string): void {
  if (!url.includes("?")) return;
  const message = "query: expected none, as the body says what is to be said of the track";
  throw new ProblemError("invalid-request", message);
}

/** An empty file is a file; a request that says nothing of a body is a mistake. */
function hasBody({ headers }: FastifyRequest): boolean {
  return (
    headers["content-type"] !== undefined ||
    headers["transfer-encoding"] !== undefined ||
    Number(headers["content-length"] ?? 0) > 0
  );
}
