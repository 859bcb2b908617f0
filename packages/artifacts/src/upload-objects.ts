import type { Names } from "@segue/chain";
import {
  announcedSha256Key,
  ClientMetadata,
  Instant,
  Master,
  Name,
  openUploadName,
  openUploadsPrefix,
  readUploadName,
  Sha256,
  TrackAccepted,
  TrackId,
  uploadedFileName,
  uploadedFilesPrefix,
} from "@segue/contracts";
import type { ObjectRef, ObjectStat, ObjectStore, SessionState } from "@segue/store";
import { z } from "zod";
import { createOrRead, readObjectAs } from "./json-object.ts";
import { rewriteObject } from "./rewrite-object.ts";

/** What becomes of an upload: decided once, then carried out by whoever comes by. */
export const UploadEnd = z.discriminatedUnion("is", [
  z.object({ is: z.literal("accepted"), track: TrackAccepted }),
  z.object({ is: z.literal("refused"), detail: z.string() }),
  z.object({ is: z.literal("given-up") }),
]);
export type UploadEnd = z.infer<typeof UploadEnd>;

/** A file that its client sends to storage itself, until it is a track. */
export const OpenUpload = z.object({
  v: z.literal(1),
  uploadId: TrackId,
  owner: z.string(),
  keyedAs: Sha256.optional(),
  title: z.string().nullable(),
  metadata: ClientMetadata.optional(),
  fileName: z.string().nullable(),
  targets: z.array(Name).optional(),
  sizeBytes: z.int().positive(),
  crc32c: z.string().nullable(),
  /** A secret, as what it stands for may be written with it alone. */
  sessionUrl: z.url(),
  expiresAt: Instant,
  end: UploadEnd.nullable(),
});
export type OpenUpload = z.infer<typeof OpenUpload>;

/** What a session is opened for, besides an object. */
export interface ToOpen {
  readonly sizeBytes: number;
  readonly sha256: string | undefined;
  /** Of the web page that sends the bytes. */
  readonly origin: string | undefined;
}

/**
 * Files that clients send to storage themselves, in the uploads bucket: the bytes, each once and of the size that was announced, until they are fetched; and what is known of
 * each that is no track yet, its session's URL with it.
 */
export interface UploadObjects {
  /** What the track that an upload becomes has as its source. */
  sourceOf(uploadId: string): string;
  /** @returns the session's URL. */
  openSession(uploadId: string, toOpen: ToOpen): Promise<string>;
  readSession(upload: OpenUpload): Promise<SessionState>;
  cancelSession(sessionUrl: string): Promise<void>;
  read(uploadId: string): Promise<OpenUpload | undefined>;
  /** Create-only; returns the one that holds, which is another's if another came first. */
  create(upload: OpenUpload): Promise<OpenUpload>;
  /** Decides what becomes of it, if nobody has. @returns as it is then; undefined: it is not there any more. */
  settle(uploadId: string, end: UploadEnd): Promise<OpenUpload | undefined>;
  forget(uploadId: string): Promise<void>;
  /** Undefined until all bytes have come. */
  statFile(uploadId: string): Promise<ObjectStat | undefined>;
  removeFile(uploadId: string): Promise<void>;
  /** All that are no tracks yet, and whether their bytes are there, and since when. */
  walkOpen(): AsyncGenerator<{ readonly uploadId: string; readonly file: ObjectStat | undefined }, void>;
}

class GoneError extends Error {}

export function createUploadObjects(store: ObjectStore, names: Names): UploadObjects {
  const bucket = names.bucket("uploads");
  const openRef = (uploadId: string) => ({ bucket, name: openUploadName(uploadId) });
  const fileRef = (uploadId: string) => ({ bucket, name: uploadedFileName(uploadId) });
  return {
    sourceOf: (uploadId) => sourceOfUpload(names, uploadId),
    openSession: (uploadId, { sizeBytes, sha256, origin }) =>
      store.openUploadSession({
        ...fileRef(uploadId),
        ...{ sizeBytes, origin },
        // Never what its sender says: nobody is to be shown a page from here.
        contentType: Master.payload.contentType,
        ...(sha256 === undefined ? {} : { metadata: { [announcedSha256Key]: sha256 } }),
      }),
    readSession: ({ sessionUrl, sizeBytes }) => store.readUploadSession(sessionUrl, sizeBytes),
    cancelSession: (sessionUrl) => store.cancelUploadSession(sessionUrl),
    async read(uploadId) {
      const upload = await readObjectAs(store, openRef(uploadId), OpenUpload);
      return upload && { ...upload, sessionUrl: store.presentSessionUrl(upload.sessionUrl) };
    },
    create: (upload) => createOrRead(store, openRef(upload.uploadId), OpenUpload, upload),
    async settle(uploadId, end) {
      try {
        return await rewriteObject(store, openRef(uploadId), OpenUpload, (existing) => {
          if (!existing) throw new GoneError();
          return existing.end === null ? { ...existing, end } : existing;
        });
      } catch (error) {
        if (error instanceof GoneError) return undefined;
        throw error;
      }
    },
    async forget(uploadId) {
      await store.deleteObject(openRef(uploadId));
    },
    statFile: (uploadId) => store.statObject(fileRef(uploadId)),
    async removeFile(uploadId) {
      await store.deleteObject(fileRef(uploadId));
    },
    walkOpen: () => walkOpen(store, bucket),
  };
}

/** Where an upload's bytes are, as a source. */
export function sourceOfUpload(names: Names, uploadId: string): string {
  return `gs://${names.bucket("uploads")}/${uploadedFileName(uploadId)}`;
}

/** The object that holds an upload's bytes, where a track's source is that of its own upload. */
export function findUploadedFile(names: Names, trackId: string, source: string): ObjectRef | undefined {
  if (source !== sourceOfUpload(names, trackId)) return undefined;
  return { bucket: names.bucket("uploads"), name: uploadedFileName(trackId) };
}

/** A page of uploads, then those of their files that are there: both are in the order of ids. What waits to be fetched between them is passed over. */
async function* walkOpen(store: ObjectStore, bucket: string): ReturnType<UploadObjects["walkOpen"]> {
  let pageToken: string | undefined;
  do {
    const page = await store.listObjects(
      { bucket, prefix: openUploadsPrefix },
      pageToken === undefined ? {} : { pageToken },
    );
    const ids = page.objects.flatMap(({ name }) => readUploadName(name) ?? []);
    const files = await findFiles(store, bucket, ids);
    for (const uploadId of ids) yield { uploadId, file: files.get(uploadId) };
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined);
}

async function findFiles(store: ObjectStore, bucket: string, ids: readonly string[]) {
  const found = new Map<string, ObjectStat>();
  const [first, last] = [ids[0], ids.at(-1)];
  if (first === undefined || last === undefined) return found;
  // Names after this one: the first file's is the next there can be.
  const startAfter = uploadedFileName(first).slice(0, -1);
  for await (const { name, ...file } of store.walkObjects(
    { bucket, prefix: uploadedFilesPrefix },
    { startAfter },
  )) {
    const id = readUploadName(name);
    if (id !== undefined) found.set(id, file);
    if (name >= uploadedFileName(last)) break;
  }
  return found;
}
