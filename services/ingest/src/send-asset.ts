import { ObjectNotFoundError, type ObjectStat } from "@segue/store";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ApiContext } from "./api-context.ts";
import { hexOf } from "./asset-url.ts";
import { isCompressible } from "./compress.ts";
import { isFresh, isUnexpected, readRange, type Validators } from "./conditions.ts";
import { contentDisposition } from "./content-disposition.ts";
import type { Asset } from "./find-asset.ts";
import { ProblemError } from "./problem-error.ts";

/** An asset and the object that holds it now. */
export interface StoredAsset extends Asset {
  readonly stat: ObjectStat;
}

/** @throws {ProblemError} `not-found` if the file is gone. */
export async function openAsset({ store }: ApiContext, asset: Asset): Promise<StoredAsset> {
  const stat = await store.statObject(asset.object);
  if (!stat) throw new ProblemError("not-found", "the file is gone; the track has to be submitted again");
  return { ...asset, stat };
}

/** Sends a file, or what the request's conditions and range leave of it (RFC 9110, 13.2.2). */
export async function sendAsset(
  context: ApiContext,
  { method, headers }: FastifyRequest,
  reply: FastifyReply,
  asset: StoredAsset,
  cacheControl: string,
) {
  const { stat, object } = asset;
  const validators = validatorsOf(asset);
  if (isUnexpected(headers, validators)) {
    throw new ProblemError("precondition-failed", `the file is ${validators.etag} now`);
  }
  const compressible = isCompressible(object.contentType);
  reply.headers({
    etag: validators.etag,
    "last-modified": validators.lastModified.toUTCString(),
    "cache-control": cacheControl,
    ...(compressible ? { vary: "accept-encoding" } : {}),
  });
  if (isFresh(headers, validators)) return reply.code(304).send();

  // Only what GET means by a range is defined: HEAD is answered as without one.
  const range = method === "GET" ? readRange(headers, validators, stat.sizeBytes) : undefined;
  if (range === "unsatisfiable") {
    const detail = `the file has ${stat.sizeBytes} bytes; asked for ${headers.range}`;
    const options = { headers: { "content-range": `bytes */${stat.sizeBytes}` } };
    throw new ProblemError("range-not-satisfiable", detail, options);
  }
  reply.headers({ "accept-ranges": "bytes", ...describeBody(asset) });
  const lengthBytes = range ? range.end - range.start + 1 : stat.sizeBytes;
  // How long a file that may be sent compressed is can't be told without sending it.
  if (method === "GET" || !compressible) reply.header("content-length", lengthBytes);
  if (range) reply.code(206).header("content-range", `bytes ${range.start}-${range.end}/${stat.sizeBytes}`);
  return method === "HEAD" ? reply.send() : reply.send(await openBytes(context, asset, range ?? {}));
}

/** A file that is sent in several encodings has one tag for all of them, which is a weak one then. */
function validatorsOf({ address, object, stat }: StoredAsset): Validators {
  const etag = `"${address}.${hexOf(stat.crc32c)}"`;
  return { etag: isCompressible(object.contentType) ? `W/${etag}` : etag, lastModified: stat.updatedAt };
}

/** Types that browsers show without running anything in them. */
const shown = /^(audio|video)\/|^image\/|^application\/json\b/i;
const played = /^(audio|video)\//i;

function describeBody({ object: { contentType }, fileName }: StoredAsset): Record<string, string> {
  const type = shown.test(contentType) ? "inline" : "attachment";
  return {
    "content-type": contentType,
    "content-disposition": contentDisposition(fileName, type),
    // An SVG, or a page that a step of somebody's makes, is a document: it runs nothing and fetches nothing.
    ...(played.test(contentType) ? {} : { "content-security-policy": documentPolicy }),
  };
}

const documentPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

async function openBytes({ store }: ApiContext, { object, stat }: StoredAsset, range: object) {
  try {
    return await store.openObject(object, { ...range, generation: stat.generation });
  } catch (cause) {
    if (!(cause instanceof ObjectNotFoundError)) throw cause;
    throw new ProblemError("unavailable", "the file is being replaced", { cause });
  }
}
