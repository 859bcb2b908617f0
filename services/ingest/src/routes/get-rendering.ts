import { Address, Name } from "@segue/contracts";
import { rendererOf } from "@segue/renderings";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Api, ApiContext } from "../api-context.ts";
import { hexOf, permanentRenderingUrl } from "../asset-url.ts";
import { baseUrl } from "../base-url.ts";
import { latestFile, permanentFile } from "../cache-control.ts";
import { trackUrl } from "../describe-track.ts";
import { findAsset, findAssetAt } from "../find-asset.ts";
import { ownerOf } from "../owner-of.ts";
import { ProblemError } from "../problem-error.ts";
import { openAsset } from "../send-asset.ts";
import { findRendering, sendRendering } from "../send-rendering.ts";
import { Crc32c, fileParams } from "./file-params.ts";
import { problems } from "./problems.ts";

const params = fileParams.extend({
  kind: Name.meta({ description: "a kind of which the track has a file", examples: ["waveform"] }),
  rendering: Name.meta({ description: "one of the kind's `renderings`", examples: ["svg"] }),
});
type Asked = z.output<typeof params>;

/** What is made of the file that a track has now. */
export async function sendLatestRendering(
  context: ApiContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { id, kind, rendering: name }: Asked,
) {
  const rendering = findRendering(context.chain, kind, name);
  const asset = await openAsset(context, await findAsset(context, { id, owner: ownerOf(request) }, kind));
  const { version } = rendererOf(rendering.by);
  const state = { address: asset.address, crc32c: asset.stat.crc32c };
  const url = permanentRenderingUrl(trackUrl(baseUrl(context, request), id), kind, { name, version }, state);
  reply.header("content-location", url);
  return sendRendering(context, request, reply, { asset, rendering }, latestFile);
}

/** `GET /v1/tracks/:id/assets/:kind.:rendering`, and the same with an address: what is made of a file when it is read. */
export function getRenderingRoutes(app: Api, context: ApiContext): void {
  const latestUrl = "/v1/tracks/:id/assets/:kind.:rendering";
  const getLatest = {
    operationId: "getRendering",
    summary: "What is made, when it is read, of the file that a track has of a kind now: `waveform.svg`",
    description:
      "Changes with the file, and with the release that makes it: to be revalidated, with the ETag, each time. Takes HEAD and the conditions of RFC 9110 that go by tags; sent as a whole, whatever Range says.",
    params,
    response: problems(400, 404, 410, 412, 503),
  };
  const sendLatest = (request: FastifyRequest<{ Params: Asked }>, reply: FastifyReply) =>
    sendLatestRendering(context, request, reply, request.params);
  app.get(latestUrl, { schema: getLatest, exposeHeadRoute: false }, sendLatest);
  app.head(latestUrl, { schema: { params, hide: true } }, sendLatest);

  const oneUrl = `${latestUrl}/:address`;
  const oneParams = params.extend({ address: Address.meta({ examples: ["d".repeat(64)] }) });
  const querystring = z.strictObject({
    crc32c: Crc32c.optional().meta({
      description: "of the file's bytes, big-endian, in hex",
      examples: ["6e5b2165"],
    }),
    version: z.coerce
      .number()
      .int()
      .positive()
      .optional()
      .meta({ description: "of what makes it", examples: [1] }),
  });
  const getOne = {
    operationId: "getRenderingAtAddress",
    summary: "What is made of the file at one address",
    description:
      "With `crc32c` and `version`, as results link to it, what it answers never changes and may be kept for ever. Takes HEAD and the conditions of RFC 9110 that go by tags; sent as a whole, whatever Range says.",
    params: oneParams,
    querystring,
    response: problems(400, 404, 410, 412, 503),
  };
  type One = { Params: z.output<typeof oneParams>; Querystring: z.output<typeof querystring> };
  const sendOne = async (request: FastifyRequest<One>, reply: FastifyReply) => {
    const { crc32c, version } = request.query;
    const { kind, rendering: name } = request.params;
    const rendering = findRendering(context.chain, kind, name);
    const asset = await openAsset(
      context,
      await findAssetAt(context, { ...request.params, owner: ownerOf(request) }),
    );
    refuseOther("the file was replaced by a forced run: its crc32c", crc32c, hexOf(asset.stat.crc32c));
    refuseOther("it is made otherwise: the version", version, rendererOf(rendering.by).version);
    const isPermanent = crc32c !== undefined && version !== undefined;
    return sendRendering(
      context,
      request,
      reply,
      { asset, rendering },
      isPermanent ? permanentFile : latestFile,
    );
  };
  app.get(oneUrl, { schema: getOne, exposeHeadRoute: false }, sendOne);
  app.head(oneUrl, { schema: { params: oneParams, querystring, hide: true } }, sendOne);
}

function refuseOther<T extends string | number>(what: string, asked: T | undefined, actual: T): void {
  if (asked !== undefined && asked !== actual)
    throw new ProblemError("not-found", `${what} is ${actual} now`);
}
