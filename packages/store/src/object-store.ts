import type { Readable } from "node:stream";
import { composeObject, copyObject, deleteObject, touchObject } from "./change-object.ts";
import { createConnection, formatRef, type ObjectStoreOptions } from "./connection.ts";
import { changeBucket, ensureBucket } from "./ensure-bucket.ts";
import { listObjects, walkObjects } from "./list-objects.ts";
import type {
  BucketSpec,
  BucketState,
  DeleteOptions,
  ExpectedObject,
  ListedObject,
  ListOptions,
  ObjectPage,
  ObjectPrefix,
  ObjectRef,
  ObjectStat,
  OpenRequest,
  WriteRequest,
  WrittenObject,
} from "./object.ts";
import { readBucket, testBucketPermissions } from "./read-bucket.ts";
import { downloadObject, openObject, readJson, readObject } from "./read-object.ts";
import { statObject } from "./stat-object.ts";
import {
  cancelUploadSession,
  openUploadSession,
  readUploadSession,
  type SessionRequest,
  type SessionState,
} from "./upload-session.ts";
import { writeObject } from "./write-object.ts";

/**
 * Objects in Cloud Storage. Everything throws a `StoreError`: `ObjectNotFoundError`, `PreconditionFailedError`,
 * `ObjectCorruptError`, `StoreUnavailableError` (after retries, for as long as the request timeout) or
 * `StoreRefusedError`; errors of the local disk come back as Node's own.
 */
export type ObjectStore = {
  /** Stores an object, all of it or nothing, verified end to end. With `createOnly` an existing object wins. */
  writeObject(request: WriteRequest): Promise<WrittenObject>;
  /** A whole object in memory, verified. */
  readObject(ref: ObjectRef): Promise<Buffer>;
  /** A whole object as JSON, still to be parsed with a schema. */
  readJson(ref: ObjectRef): Promise<unknown>;
  /** A whole object in a file, verified in the same pass; the file appears whole or not at all. */
  downloadObject(ref: ObjectRef, path: string, options?: { readonly expect?: ExpectedObject }): Promise<void>;
  /** An object, or a part of it, as a stream; not verified. An `ObjectNotFoundError` when the generation has been replaced. */
  openObject(ref: ObjectRef, request?: OpenRequest): Promise<Readable>;
  /** Undefined when there is no such object. */
  statObject(ref: ObjectRef): Promise<ObjectStat | undefined>;
  copyObject(
    from: ObjectRef,
    to: ObjectRef,
    options: { readonly createOnly: boolean },
  ): Promise<WrittenObject>;
  /** Joins objects, in order, into one of the same bucket, replacing what is there. */
  composeObject(
    sources: readonly ObjectRef[],
    to: ObjectRef,
    options: { readonly contentType: string },
  ): Promise<WrittenObject>;
  /**
   * False when there was nothing to delete.
   *
   * @param options.ifUnchanged only what it was when it was described so: `PreconditionFailedError` where it was written or touched since.
   */
  deleteObject(ref: ObjectRef, options?: DeleteOptions): Promise<boolean>;
  /**
   * Says of an object that somebody counts on it: when it was updated is now, its bytes are as they were. False where there is none.
   *
   * @param metadata is said of it as well; what it does not speak of stays.
   */
  touchObject(ref: ObjectRef, metadata?: ObjectStat["metadata"]): Promise<boolean>;
  /** One page, in the order of names. */
  listObjects(prefix: ObjectPrefix, options?: ListOptions): Promise<ObjectPage>;
  /** All pages, one held at a time. */
  walkObjects(prefix: ObjectPrefix, options?: Omit<ListOptions, "pageToken">): AsyncIterable<ListedObject>;
  /** A URL (V4 signature) with which anybody may read the object for `expiresInSec`, at most 7 days. */
  signReadUrl(
    ref: ObjectRef,
    options: { readonly expiresInSec: number; readonly downloadName?: string },
  ): Promise<string>;
  /**
   * Opens a session in which somebody else writes an object, in several requests, within a week.
   *
   * @returns its URL, which is a secret: whoever knows it may write this one object, of this size, once.
   */
  openUploadSession(request: SessionRequest): Promise<string>;
  /** Where a session that was opened before is at present. */
  presentSessionUrl(url: string): string;
  /** How far a session is. @param sizeBytes of the whole object. */
  readUploadSession(url: string, sizeBytes: number): Promise<SessionState>;
  /** Gives a session up, with what has come in it. What it has finished stays. */
  cancelUploadSession(url: string): Promise<void>;
  /** Makes the bucket if there is none; one that is there is left as it is. */
  ensureBucket(spec: BucketSpec): Promise<void>;
  /** Gives a bucket that is there what the spec says, and keeps what it does not speak of. */
  changeBucket(spec: BucketSpec): Promise<void>;
  /** Undefined where there is no such bucket. */
  readBucket(name: string): Promise<BucketState | undefined>;
  /** Of some permissions those that the caller has on a bucket. */
  testBucketPermissions(name: string, permissions: readonly string[]): Promise<string[]>;
};

/** Opens a store. Nothing is sent before the first operation. */
export function createObjectStore(options: ObjectStoreOptions): ObjectStore {
  const connection = createConnection(options);
  return {
    writeObject: (request) => writeObject(connection, request),
    readObject: (ref) => readObject(connection, ref),
    readJson: (ref) => readJson(connection, ref),
    downloadObject: (ref, path, { expect } = {}) => downloadObject(connection, ref, path, expect),
    openObject: (ref, request) => openObject(connection, ref, request),
    statObject: (ref) => statObject(connection, ref),
    copyObject: (from, to, copy) => copyObject(connection, from, to, copy),
    composeObject: (sources, to, options) => composeObject(connection, sources, to, options),
    deleteObject: (ref, options) => deleteObject(connection, ref, options),
    touchObject: (ref, metadata) => touchObject(connection, ref, metadata),
    listObjects: (prefix, page) => listObjects(connection, prefix, page),
    walkObjects: (prefix, walk) => walkObjects(connection, prefix, walk),
    signReadUrl: (ref, { expiresInSec, downloadName }) =>
      connection.call(`signature for ${formatRef(ref)}`, async () => {
        const [url] = await connection.file(ref).getSignedUrl({
          version: "v4",
          action: "read",
          expires: Date.now() + expiresInSec * 1000,
          ...(downloadName === undefined ? {} : { promptSaveAs: downloadName }),
        });
        return url;
      }),
    openUploadSession: (request) => openUploadSession(connection, request),
    presentSessionUrl: (url) => connection.present(url).href,
    readUploadSession: (url, sizeBytes) => readUploadSession(connection, url, sizeBytes),
    cancelUploadSession: (url) => cancelUploadSession(connection, url),
    ensureBucket: (spec) => ensureBucket(connection, spec),
    changeBucket: (spec) => changeBucket(connection, spec),
    readBucket: (name) => readBucket(connection, name),
    testBucketPermissions: (name, permissions) => testBucketPermissions(connection, name, permissions),
  };
}
