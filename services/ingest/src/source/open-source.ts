import { basename } from "node:path/posix";
import type { Readable } from "node:stream";
import type { Names } from "@segue/chain";
import { ObjectNotFoundError, type ObjectStore, StoreRefusedError } from "@segue/store";
import { ProblemError } from "../problem-error.ts";
import { openHttps } from "./open-https.ts";

/** A source that a request names, opened. */
export interface OpenedSource {
  readonly body: Readable;
  /** The last part of its path; null if there is none. */
  readonly fileName: string | null;
  /** Where stated beforehand. */
  readonly sizeBytes: number | undefined;
}

export interface SourceOptions {
  readonly store: ObjectStore;
  readonly names: Names;
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
  if (url.startsWith("gs://")) return openObject(url, options);
  if (!URL.canParse(url)) throw new ProblemError("invalid-request", `source: expected a URL, got ${url}`);
  const body = await openHttps(url, { ...options, signal });
  const length = body.headers["content-length"];
  return {
    body,
    fileName: lastPart(new URL(url).pathname, decodeURIComponent),
    sizeBytes: length === undefined ? undefined : Number(length),
  };
}

async function openObject(url: string, { store, names }: SourceOptions): Promise<OpenedSource> {
  const [, bucket = "", name = ""] = /^gs:\/\/([^/]+)\/(.+)$/s.exec(url) ?? [];
  const own = (["masters", "scratch", "assets", "records"] as const).map((role) => names.bucket(role));
  if (own.includes(bucket)) {
    throw new ProblemError("source-forbidden", `expected a bucket of yours; ${bucket} is the service's own`);
  }
  try {
    const stat = await store.statObject({ bucket, name });
    if (!stat) throw new ProblemError("source-missing", `expected ${url} to exist, found nothing`);
    const body = await store.openObject({ bucket, name });
    return { body, fileName: lastPart(name, (part) => part), sizeBytes: stat.sizeBytes };
  } catch (cause) {
    if (cause instanceof ObjectNotFoundError || cause instanceof StoreRefusedError) {
      throw new ProblemError("source-missing", `${url} does not exist or may not be read`, { cause });
    }
    throw cause;
  }
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
