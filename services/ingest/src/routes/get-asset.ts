import type { Replacement } from "@segue/chain";
import { Address, Name } from "@segue/contracts";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Api, ApiContext } from "../api-context.ts";
import { hexOf, permanentAssetUrl } from "../asset-url.ts";
import { baseUrl } from "../base-url.ts";
import { latestFile, permanentFile } from "../cache-control.ts";
import { trackUrl } from "../describe-track.ts";
import { type Asset, findAsset, findAssetAt } from "../find-asset.ts";
import { ownerOf } from "../owner-of.ts";
import { ProblemError } from "../problem-error.ts";
import { openAsset, sendAsset } from "../send-asset.ts";
import { Crc32c, fileParams } from "./file-params.ts";
import { sendLatestRendering } from "./get-rendering.ts";
import { problems } from "./problems.ts";

const params = fileParams.extend({
  kind: Name.meta({ description: "`master`, or a kind of which the track has a file", examples: ["aac"] }),
});

/** `GET /v1/tracks/:id/assets/:kind`, and the same with an address: files, whole or in part. */
export function getAssetRoutes(app: Api, context: ApiContext): void {
  getLatestRoute(app, context);
  getOneRoute(app, context);
}

const latestUrl = "/v1/tracks/:id/assets/:kind";

function getLatestRoute(app: Api, context: ApiContext): void {
  const getLatest = {
    operationId: "getAsset",
    summary: "The file that a track has of a kind now, or the master as it was submitted",
    description:
      "Changes when a newer version of the step has made another: to be revalidated, with the ETag, each time. Takes HEAD, ranges of one part and the conditions of RFC 9110.",
    params,
    response: problems(400, 404, 410, 412, 416, 503),
  };
  const sendLatest = async (
    request: FastifyRequest<{ Params: z.output<typeof params> }>,
    reply: FastifyReply,
  ) => {
    const { id, kind } = request.params;
    const found = await findOrReplace(context, { id, owner: ownerOf(request) }, kind);
    if ("rendering" in found) {
      const asked = { id, kind: found.kind.name, rendering: found.rendering };
      return sendLatestRendering(context, request, reply, asked);
    }
    const asset = await openAsset(context, found);
    const { address, stat } = asset;
    const url = trackUrl(baseUrl(context, request), id);
    reply.header("content-location", permanentAssetUrl(url, kind, { address, crc32c: stat.crc32c }));
    return sendAsset(context, request, reply, asset, latestFile);
  };
  app.get(latestUrl, { schema: getLatest, exposeHeadRoute: false }, sendLatest);
  app.head(latestUrl, { schema: { params, hide: true } }, sendLatest);
}

const oneParams = params.extend({ address: Address.meta({ examples: ["a".repeat(64)] }) });
const querystring = z.strictObject({
  crc32c: Crc32c.optional().meta({
    description: "of the bytes, big-endian, in hex",
    examples: ["e3069283"],
  }),
});

function getOneRoute(app: Api, context: ApiContext): void {
  const oneUrl = `${latestUrl}/:address`;
  const getOne = {
    operationId: "getAssetAtAddress",
    summary: "The file at one address, whatever version made it",
    description:
      "With `crc32c`, as results link to it, what it answers never changes and may be kept for ever. Takes HEAD, ranges of one part and the conditions of RFC 9110.",
    params: oneParams,
    querystring,
    response: problems(400, 404, 410, 412, 416, 503),
  };
  const sendOne = async (
    request: FastifyRequest<{
      Params: z.output<typeof oneParams>;
      Querystring: z.output<typeof querystring>;
    }>,
    reply: FastifyReply,
  ) => {
    const { crc32c } = request.query;
    const asset = await openAsset(
      context,
      await findAssetAt(context, { ...request.params, owner: ownerOf(request) }),
    );
    const actual = hexOf(asset.stat.crc32c);
    if (crc32c !== undefined && crc32c !== actual) {
      throw new ProblemError(
        "not-found",
        `the file was replaced by a forced run: its crc32c is ${actual} now`,
      );
    }
    return sendAsset(context, request, reply, asset, crc32c === undefined ? latestFile : permanentFile);
  };
  app.get(oneUrl, { schema: getOne, exposeHeadRoute: false }, sendOne);
  app.head(oneUrl, { schema: { params: oneParams, querystring, hide: true } }, sendOne);
}

/** A file that a step made before its kind became a rendering is served as it is; where the track has none, it is that rendering. */
async function findOrReplace(
  context: ApiContext,
  whose: { readonly id: string; readonly owner: string },
  kind: string,
): Promise<Asset | Replacement> {
  const replacement = context.chain.replacementOf(kind);
  try {
    return await findAsset(context, whose, kind);
  } catch (error) {
    if (replacement && error instanceof ProblemError && error.problem === "not-found") return replacement;
    throw error;
  }
}
