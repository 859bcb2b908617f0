import multipart from "@fastify/multipart";
import { TrackFromSource, TrackReceipt, UploadDetails, uploadedSource } from "@segue/contracts";
import type { FastifyReply, FastifyRequest } from "fastify";
import { planTargets } from "../accept-track.ts";
import type { Api, ApiContext } from "../api-context.ts";
import { parseInput } from "../input/parse-input.ts";
import { requireQuota } from "../keys/quotas.ts";
import { limitUploads } from "../limit-uploads.ts";
import { answerOnce } from "../once/answer-once.ts";
import { readKey } from "../once/read-key.ts";
import { ownerOf } from "../owner-of.ts";
import { ProblemError } from "../problem-error.ts";
import { type Submission, submitSource, undertakeSubmission } from "../submission.ts";
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
    response: { 202: TrackReceipt, ...problems(400, 408, 410, 413, 415, 422, 429, 451, 503, 507) },
  };
  const limit = limitUploads(context);
  // What names a source takes no file in.
  const judge = async (request: FastifyRequest, reply: FastifyReply) => {
    await requireQuota(context, request, reply);
    if (judgeBody(request.raw) !== "json") await limit(request, reply);
  };
  app.post("/v1/tracks", { schema, onRequest: judge }, async (request, reply) => {
    const submission = await readSubmission(context, request, request.query);
    const route = "POST /v1/tracks";
    try {
      const given = readKey(request.raw);
      const key = given === undefined ? undefined : { owner: ownerOf(request), key: given };
      return await answerOnce(
        context,
        request,
        reply,
        undertakeSubmission(context, submission, { request, reply, route, key }),
      );
    } finally {
      await submission.end();
    }
  });
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

async function submitUpload(context: ApiContext, { received, details }: Upload): Promise<Submission> {
  const { masters } = context;
  const { title = null, filename = null, metadata, targets } = details;
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
    received,
    details: { title, metadata, fileName: filename, source: uploadedSource, targets, job: null },
    async bring() {
      kept = true;
      return { payload: await masters.keep(received) };
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
