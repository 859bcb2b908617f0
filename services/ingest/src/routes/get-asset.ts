import { Name, TrackId } from "@segue/contracts";
import { ObjectNotFoundError } from "@segue/store";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Api, ApiContext } from "../api-context.ts";
import { parseByteRange } from "../byte-range.ts";
import { contentDisposition } from "../content-disposition.ts";
import { type Asset, findAsset } from "../find-asset.ts";
import { ProblemError } from "../problem-error.ts";
import { problems } from "./problems.ts";

/** `GET /v1/tracks/:id/assets/:kind`: the file, whole or in part. */
export function getAssetRoute(app: Api, context: ApiContext): void {
  const schema = {
    operationId: "getAsset",
    summary: "The file of a derivative asset, or the master as it was submitted",
    description: "Supports HEAD, single byte ranges, If-Range and If-None-Match.",
    params: z.object({ id: TrackId, kind: Name }),
    response: problems(400, 404, 416, 503),
  };
  app.route({
    method: ["GET", "HEAD"],
    url: "/v1/tracks/:id/assets/:kind",
    schema,
    exposeHeadRoute: false,
    handler: async (request, reply) =>
      sendAsset(context, request, reply, await findAsset(context, request.params.id, request.params.kind)),
  });
}

async function sendAsset(context: ApiContext, request: FastifyRequest, reply: FastifyReply, asset: Asset) {
  const { payload } = asset;
  const { sizeBytes } = payload;
  const etag = `"${asset.address}"`;
  reply.headers({
    etag,
    "accept-ranges": "bytes",
    // What is at an address never changes.
    "cache-control": "private, max-age=31536000, immutable",
  });
  const known = request.headers["if-none-match"]?.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  if (known?.includes(etag) || known?.includes("*")) return reply.code(304).send();

  const { "if-range": ifRange, range: rangeHeader } = request.headers;
  const range = parseByteRange(
    ifRange === undefined || ifRange === etag ? rangeHeader : undefined,
    sizeBytes,
  );
  if (range === "unsatisfiable") {
    throw new ProblemError(
      "range-not-satisfiable",
      `the file has ${sizeBytes} bytes; asked for ${rangeHeader}`,
      { headers: { "content-range": `bytes */${sizeBytes}` } },
    );
  }
  reply.headers({
    "content-type": payload.contentType,
    "content-disposition": contentDisposition(asset.fileName),
    "content-length": range ? range.end - range.start + 1 : sizeBytes,
  });
  if (range) reply.code(206).header("content-range", `bytes ${range.start}-${range.end}/${sizeBytes}`);
  if (request.method === "HEAD") return reply.send();
  try {
    return reply.send(await context.store.openObject(payload, range ?? {}));
  } catch (cause) {
    if (!(cause instanceof ObjectNotFoundError)) throw cause;
    throw new ProblemError("not-found", "the file is gone; the track has to be submitted again", { cause });
  }
}
