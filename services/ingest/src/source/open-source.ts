import { basename } from "node:path/posix";
import type { Readable } from "node:stream";
import type { Names } from "@segue/chain";
import { parseSourceUrl } from "@segue/contracts";
import { ObjectNotFoundError, type ObjectRef, type ObjectStore, StoreRefusedError } from "@segue/store";
import { ProblemError } from "../problem-error.ts";
import { openHttps } from "./open-https.ts";

/** A source that a request names, opened. */
export interface OpenedSource {
  readonly body: Readable;
  /** The last part of its path; null if there is none. */
  readonly fileName: string | null;
  /** As it will come, encoded or not, where stated beforehand. */
  readonly sizeBytes: number | undefined;
  /** What its sender says of a content coding: asked not to have one, some have it all the same. */
  readonly contentEncoding: string | undefined;
}

export interface SourceOptions {
  readonly store: ObjectStore;
  readonly names: Names;
  /** The buckets that sources may name; any but the fleet's own when undefined. */
  readonly buckets: readonly string[] | undefined;
  readonly allowPrivate: boolean;
  readonly idleMs: number;
  readonly ca?: string;
}

/**
 * Opens `gs://bucket/object` or `https://host/path`.
 *
 * @throws {ProblemError} `source-forbidden`, `source-missing` or `source-unavailable`.
 */
export async function openSource(
  url: string,
  signal: AbortSignal,
  options: SourceOptions,
): Promise<OpenedSource> {
  const source = parseSourceUrl(url);
  if ("expected" in source) throw new ProblemError("invalid-request", `source: ${source.expected}`);
  if (source.scheme === "gs") return openObject(source, options);
  const body = await openHttps(url, { ...options, signal });
  const length = body.headers["content-length"];
  return {
    body,
    fileName: lastPart(source.url.pathname, decodeURIComponent),
    sizeBytes: length === undefined ? undefined : Number(length),
    contentEncoding: body.headers["content-encoding"],
  };
}

async function openObject(
  { bucket, name }: ObjectRef,
  { store, names, buckets }: SourceOptions,
): Promise<OpenedSource> {
  requireForeignBucket(bucket, names);
  if (buckets !== undefined && !buckets.includes(bucket)) {
    throw new ProblemError(
      "source-forbidden",
      `expected one of the buckets that are let in; ${bucket} is not`,
    );
  }
  try {
    const stat = await store.statObject({ bucket, name });
    if (!stat)
      throw new ProblemError("source-missing", `expected gs://${bucket}/${name} to exist, found nothing`);
    const { sizeBytes, contentEncoding } = stat;
    // Else storage decodes gzip by itself, and nothing else, and what comes is not of the size that is stated.
    const body = await store.openObject({ bucket, name }, { asStored: true });
    return { body, fileName: lastPart(name, (part) => part), sizeBytes, contentEncoding };
  } catch (cause) {
    if (cause instanceof ObjectNotFoundError || cause instanceof StoreRefusedError) {
      const message = `gs://${bucket}/${name} does not exist or may not be read`;
      throw new ProblemError("source-missing", message, { cause });
    }
    throw cause;
  }
}

/** The fleet's own buckets hold what others have submitted. */
function requireForeignBucket(bucket: string, names: Names): void {
  const own = (["masters", "scratch", "assets", "records"] as const).map((role) => names.bucket(role));
  if (!own.includes(bucket)) return;
  throw new ProblemError("source-forbidden", `expected a bucket of yours; ${bucket} is the service's own`);
}

function lastPart(path: string, decode: (part: string) => string): string | null {
  const part = basename(path);
  try {
    return decode(part) || null;
  } catch {
    // A percent sign that starts no escape.
    return part || null;
  }
}
