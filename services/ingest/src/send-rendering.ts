import { buffer } from "node:stream/consumers";
import type { Chain } from "@segue/chain";
import { type KnownRendering, renderingsOf } from "@segue/contracts";
import { NotRenderableError, type ReadablePayload, rendererOf } from "@segue/renderings";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ApiContext } from "./api-context.ts";
import { hexOf } from "./asset-url.ts";
import { describeBody } from "./describe-body.ts";
import { etagOf, meetConditions } from "./meet-conditions.ts";
import { ProblemError } from "./problem-error.ts";
import { openBytes, type StoredAsset } from "./send-asset.ts";

/** @throws {ProblemError} `not-found`, naming those that there are. */
export function findRendering(
  { kinds }: Pick<Chain, "kinds">,
  kindName: string,
  name: string,
): KnownRendering {
  const kind = kinds.find((other) => other.name === kindName);
  const all = kind ? renderingsOf(kind) : [];
  const found = all.find((rendering) => rendering.name === name);
  if (found) return found;
  const others = all.length > 0 ? all.map((rendering) => rendering.name).join(", ") : "none";
  throw new ProblemError("not-found", `there is no rendering "${name}" of ${kindName}; there are: ${others}`);
}

/**
 * Makes a rendering of a file and sends it; a client that has it already is told so without a byte of the file being read. It is small, and
 * in no range: `Range` is not looked at.
 */
export async function sendRendering(
  context: ApiContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { asset, rendering }: { readonly asset: StoredAsset; readonly rendering: KnownRendering },
  cacheControl: string,
) {
  const { by, name, contentType } = rendering;
  const { address, stat } = asset;
  const { version } = rendererOf(by);
  // No instant tells: another version makes other bytes of a file that stays as it is.
  const validators = {
    etag: etagOf(contentType, address, hexOf(stat.crc32c), by, version),
    lastModified: undefined,
  };
  if (meetConditions(request, reply, { validators, contentType, cacheControl }))
    return reply.code(304).send();
  const body = await render(context, asset, rendering);
  const stem = asset.fileName.replace(/\.[^.]*$/, "");
  reply.headers({ "accept-ranges": "none", ...describeBody(contentType, `${stem}.${name}`) });
  return reply.send(body);
}

/** HEAD too: that it can't be made is known when it was tried. */
async function render(context: ApiContext, asset: StoredAsset, { by }: KnownRendering): Promise<string> {
  const { sizeBytes } = asset.stat;
  const payload: ReadablePayload = {
    sizeBytes,
    read: async (range) => buffer(await openBytes(context, asset, range ?? {})),
  };
  try {
    return await rendererOf(by).render(payload);
  } catch (error) {
    if (!(error instanceof NotRenderableError)) throw error;
    throw new ProblemError("not-renderable", error.message, { cause: error });
  }
}
