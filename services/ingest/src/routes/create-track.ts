import multipart from "@fastify/multipart";
import { type PayloadRef, TrackFromSource, TrackReceipt, UploadDetails } from "@segue/contracts";
import type { FastifyReply, FastifyRequest } from "fastify";
import { acceptTrack, describeAccepted, planTargets, type TrackDetails } from "../accept-track.ts";
import type { Api, ApiContext } from "../api-context.ts";
import { baseUrl } from "../base-url.ts";
import { trackUrl } from "../describe-track.ts";
import { fetchMaster } from "../fetch-master.ts";
import { parseInput } from "../input/parse-input.ts";
import { ProblemError } from "../problem-error.ts";
import { refuseWhenFull } from "../refuse-when-full.ts";
import { traceRequest } from "../trace-request.ts";
import { judgeBody } from "../upload/judge-body.ts";
import { readFormUpload, readRawUpload } from "../upload/read-upload.ts";
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
      "Answered once the bytes and the task are safe. The body is a form with a field `file`, the bytes themselves " +
      "(what is said of them then stands in the query), or JSON that names a source.",
    querystring: UploadDetails,
    response: { 202: TrackReceipt, ...problems(400, 408, 413, 415, 422, 429, 502, 503) },
  };
  const judge = async ({ raw }: FastifyRequest) => void judgeBody(raw);
  app.post("/v1/tracks", { schema, onRequest: [judge, refuseWhenFull(context)] }, async (request, reply) => {
    const track = await traceRequest(request, "POST /v1/tracks", async (trace) => {
      const { details, master } = await readSubmission(context, request, request.query);
      const described = describeAccepted(context, details, master);
      await acceptTrack(context, described, master, trace);
      return described;
    });
    return answer(reply, trackUrl(baseUrl(context, request), track.trackId), track.trackId);
  });
}

function answer(reply: FastifyReply, url: string, id: string): FastifyReply {
  return reply.code(202).header("location", url).send({ id, url, state: "accepted" });
}

async function readSubmission(
  context: ApiContext,
  request: FastifyRequest,
  query: UploadDetails,
): Promise<{ details: TrackDetails; master: PayloadRef }> {
  const { masters } = context;
  const form = judgeBody(request.raw);
  if (form !== "bytes") requireNoQuery(request.url);
  if (form === "json") {
    const { source, title = null, targets } = parseInput(TrackFromSource, request.body, "body");
    planTargets(context, targets);
    const { master, fileName } = await fetchMaster(context, source);
    return { master, details: { title, fileName, source, targets, job: null } };
  }
  if (form === "bytes" && !hasBody(request)) {
    throw new ProblemError("invalid-request", "expected a body: a form, the bytes of a file, or JSON");
  }
  const { received, details } =
    form === "form"
      ? await readFormUpload(request, masters, context.config.pace.idleMs)
      : { received: await readRawUpload(request, masters), details: query };
  const { title = null, filename = null, targets } = details;
  try {
    planTargets(context, targets);
  } catch (error) {
    await masters.discard(received);
    throw error;
  }
  const master = await masters.keep(received);
  return { master, details: { title, fileName: filename, source: "upload", targets, job: null } };
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
