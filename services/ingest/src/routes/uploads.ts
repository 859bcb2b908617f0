import { TrackId, TrackReceipt, UploadRequest, UploadResource } from "@segue/contracts";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Api, ApiContext } from "../api-context.ts";
import { baseUrl } from "../base-url.ts";
import { trackUrl } from "../describe-track.ts";
import { requireQuota } from "../keys/quotas.ts";
import { doOnce } from "../once/answer-once.ts";
import { readKey } from "../once/read-key.ts";
import { ownerOf } from "../owner-of.ts";
import { traceRequest } from "../trace-request.ts";
import { undertakeUpload } from "../uploads/begin-upload.ts";
import { describeUpload, uploadUrl, uploadsUrl as url } from "../uploads/describe-upload.ts";
import { completeUpload, giveUpUpload } from "../uploads/end-upload.ts";
import { problems } from "./problems.ts";

const params = z.object({ id: TrackId });

/** `/v1/uploads`: files that their clients send to storage themselves, in as many requests as it takes. */
export function uploadRoutes(app: Api, context: ApiContext): void {
  createRoute(app, context);
  readRoute(app, context);
  endRoutes(app, context);
}

function createRoute(app: Api, context: ApiContext): void {
  const schema = {
    operationId: "createUpload",
    summary: "Begin an upload whose bytes go to storage directly, and can be gone on with after a break",
    description:
      "The answer has the URL of a session of Cloud Storage's: PUT the file there, whole or in chunks with `Content-Range: bytes FIRST-LAST/SIZE`. After a break, an empty PUT with `Content-Range: bytes */SIZE` is " +
      "answered 308 with the `Range` that has come. When all has come, complete the upload: it is a track then, with the upload's id, fetched as any source is. It counts as a track of the day that it was begun on.",
    body: UploadRequest,
    response: { 201: UploadResource, ...problems(400, 404, 410, 413, 422, 429, 451, 503, 507) },
  };
  const onRequest = (request: FastifyRequest, reply: FastifyReply) => requireQuota(context, request, reply);
  app.post(url, { schema, onRequest }, async (request, reply) => {
    const given = readKey(request.raw);
    const key = given === undefined ? undefined : { owner: ownerOf(request), key: given };
    const undertaking = undertakeUpload(context, request.body, { request, reply, key });
    const { answer, isReplayed } = await doOnce(context, key, undertaking);
    const id = TrackId.parse(answer.body.id);
    if (isReplayed) reply.header("idempotency-replayed", "true");
    return reply
      .code(201)
      .header("location", uploadUrl(context, request, id))
      .header("cache-control", "no-store")
      .send(await describeUpload(context, request, id));
  });
}

function readRoute(app: Api, context: ApiContext): void {
  const schema = {
    operationId: "getUpload",
    summary: "How far an upload is",
    params,
    response: { 200: UploadResource, ...problems(400, 404, 410, 503) },
  };
  app.get(`${url}/:id`, { schema }, async (request, reply) => {
    const described = await describeUpload(context, request, request.params.id);
    return reply.header("cache-control", "no-store").send(described);
  });
}

function endRoutes(app: Api, context: ApiContext): void {
  const complete = {
    operationId: "completeUpload",
    summary: "Make a track of an upload of which all bytes have come",
    description:
      "Safe to repeat: the same track is answered. One whose client does not ask for it is completed by itself, a minute or so after its last byte.",
    params,
    response: { 202: TrackReceipt, ...problems(400, 404, 409, 410, 503, 507) },
  };
  const completeUrl = `${url}/:id/complete`;
  app.post(completeUrl, { schema: complete }, async (request, reply) => {
    const { id } = request.params;
    await traceRequest(request, `POST ${completeUrl}`, (trace) =>
      completeUpload(context, id, ownerOf(request), trace),
    );
    const track = trackUrl(baseUrl(context, request), id);
    return reply
      .code(202)
      .header("location", track)
      .send({ id, url: track, state: "accepted" as const });
  });

  const remove = {
    operationId: "deleteUpload",
    summary: "Give an upload up, with what has come of it",
    params,
    response: { 204: z.null().describe("it is gone"), ...problems(400, 404, 409, 410, 503) },
  };
  app.delete(`${url}/:id`, { schema: remove }, async (request, reply) => {
    await traceRequest(request, `DELETE ${url}/:id`, (trace) =>
      giveUpUpload(context, request.params.id, ownerOf(request), trace),
    );
    return reply.code(204).send(null);
  });
}
