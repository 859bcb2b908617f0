import type { Readable } from "node:stream";
import { findUploadedFile } from "@segue/artifacts";
import { announcedSha256Key, PermanentError } from "@segue/contracts";
import { judgeSource, type SourceRules } from "@segue/intake";
import { ObjectNotFoundError, type ObjectRef, type ObjectStore, StoreRefusedError } from "@segue/store";
import { openHttps } from "./open-https.ts";

/** A source that a request names, opened. */
export interface OpenedSource {
  readonly body: Readable;
  /** As it will come, encoded or not, where stated beforehand. */
  readonly sizeBytes: number | undefined;
  /** What its sender says of a content coding: asked not to have one, some have it all the same. */
  readonly contentEncoding: string | undefined;
  /** That of the bytes, as whoever has sent them announced. */
  readonly sha256?: string | undefined;
}

/** What is fetched, and for whom. */
export interface SourceOf {
  readonly url: string;
  readonly trackId: string;
}

export interface SourceOptions extends SourceRules {
  readonly store: ObjectStore;
  readonly idleMs: number;
  /** Through which `https://` sources are fetched; directly when undefined. */
  readonly proxy?: string | undefined;
  /** PEM of the certificate authorities that `https://` sources may be signed by, in place of the well-known ones. */
  readonly ca?: string;
}

/**
 * Opens `gs://bucket/object` or `https://host/path`. Of the fleet's own buckets nothing is a source, but of a track what was uploaded for it.
 *
 * @throws {StepError} `source-refused`, `source-not-found`, `source-away`.
 */
export async function openSource(
  { url, trackId }: SourceOf,
  signal: AbortSignal,
  options: SourceOptions,
): Promise<OpenedSource> {
  const uploaded = findUploadedFile(options.names, trackId, url);
  if (uploaded) return openUploaded(uploaded, options);
  const source = judgeSource(url, options);
  if ("expected" in source) throw new PermanentError("source-refused", source.expected);
  if (source.scheme === "gs") return openForeign(source, options);
  const body = await openHttps(url, { ...options, signal });
  const length = body.headers["content-length"];
  return {
    body,
    sizeBytes: length === undefined ? undefined : Number(length),
    contentEncoding: body.headers["content-encoding"],
  };
}

async function openForeign(ref: ObjectRef, options: Pick<SourceOptions, "store">): Promise<OpenedSource> {
  try {
    return { ...(await openObject(ref, options)), sha256: undefined };
  } catch (cause) {
    if (cause instanceof ObjectNotFoundError || cause instanceof StoreRefusedError) {
      const message = `gs://${ref.bucket}/${ref.name} does not exist or may not be read`;
      throw new PermanentError("source-not-found", message, { cause });
    }
    throw cause;
  }
}

/** That it may not be read is no fault of its sender's: it goes back to the queue. */
async function openUploaded(ref: ObjectRef, options: Pick<SourceOptions, "store">): Promise<OpenedSource> {
  try {
    return await openObject(ref, options);
  } catch (cause) {
    if (!(cause instanceof ObjectNotFoundError)) throw cause;
    throw new PermanentError("source-not-found", "what was uploaded is not there any more", { cause });
  }
}

async function openObject(
  { bucket, name }: ObjectRef,
  { store }: Pick<SourceOptions, "store">,
): Promise<OpenedSource> {
  const stat = await store.statObject({ bucket, name });
  if (!stat)
    throw new PermanentError("source-not-found", `expected gs://${bucket}/${name} to exist, found nothing`);
  const { sizeBytes, contentEncoding, metadata } = stat;
  // Else storage decodes gzip by itself, and nothing else, and what comes is not of the size that is stated.
  const body = await store.openObject({ bucket, name }, { asStored: true });
  return { body, sizeBytes, contentEncoding, sha256: metadata[announcedSha256Key] };
}
