import { type ByteRange, ObjectNotFoundError, type ObjectStat } from "@segue/store";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ApiContext } from "./api-context.ts";
import { hexOf } from "./asset-url.ts";
import { isCompressible } from "./compress.ts";
import { readRange } from "./conditions.ts";
import { describeBody } from "./describe-body.ts";
import type { Asset } from "./find-asset.ts";
import { etagOf, meetConditions } from "./meet-conditions.ts";
import { ProblemError } from "./problem-error.ts";

/** An asset and the object that holds it now. */
export interface StoredAsset extends Asset {
  readonly stat: ObjectStat;
}

/**
 * As of when the track has it, which another track, of another owner perhaps, may have had for long.
 *
 * @throws {ProblemError} `not-found` if the file is gone.
 */
export async function openAsset({ store }: ApiContext, asset: Asset): Promise<StoredAsset> {
  const stat = await store.statObject(asset.object);
  if (!stat) throw new ProblemError("not-found", "the file is gone; the track has to be submitted again");
  const acceptedAt = new Date(asset.acceptedAt);
  return { ...asset, stat: stat.updatedAt < acceptedAt ? { ...stat, updatedAt: acceptedAt } : stat };
}

/** Sends a file, or what the request's conditions and range leave of it. */
export async function sendAsset(
  context: ApiContext,
  request: FastifyRequest,
  reply: FastifyReply,
  asset: StoredAsset,
  cacheControl: string,
) {
  const { method, headers } = request;
  const { stat, object, address, fileName } = asset;
  const { contentType } = object;
  const etag = etagOf(contentType, address, hexOf(stat.crc32c));
  const validators = { etag, lastModified: stat.updatedAt };
  if (meetConditions(request, reply, { validators, contentType, cacheControl }))
    return reply.code(304).send();

  // Only what GET means by a range is defined: HEAD is answered as without one.
  const range = method === "GET" ? readRange(headers, validators, stat.sizeBytes) : undefined;
  if (range === "unsatisfiable") {
    const detail = `the file has ${stat.sizeBytes} bytes; asked for ${headers.range}`;
    const options = { headers: { "content-range": `bytes */${stat.sizeBytes}` } };
    throw new ProblemError("range-not-satisfiable", detail, options);
  }
  reply.headers({ "accept-ranges": "bytes", ...describeBody(contentType, fileName) });
  const lengthBytes = range ? range.end - range.start + 1 : stat.sizeBytes;
  // How long a file that may be sent compressed is can't be told without sending it.
  if (method === "GET" || !isCompressible(contentType)) reply.header("content-length", lengthBytes);
  if (range) reply.code(206).header("content-range", `bytes ${range.start}-${range.end}/${stat.sizeBytes}`);
  return method === "HEAD" ? reply.send() : reply.send(await openBytes(context, asset, range ?? {}));
}

/** @throws {ProblemError} `unavailable` where another write has taken its place since it was looked at. */
export async function openBytes({ store }: ApiContext, { object, stat }: StoredAsset, range: ByteRange) {
  try {
    return await store.openObject(object, { ...range, generation: stat.generation });
  } catch (cause) {
    if (!(cause instanceof ObjectNotFoundError)) throw cause;
    throw new ProblemError("unavailable", "the file is being replaced", { cause });
  }
}
