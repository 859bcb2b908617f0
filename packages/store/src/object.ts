import type { Readable } from "node:stream";

/** Where an object is. `name` may hold any character that Cloud Storage allows, slashes included. */
export type ObjectRef = { readonly bucket: string; readonly name: string };

/** What is known of an object without reading it. */
export type ObjectStat = {
  readonly sizeBytes: number;
  /** CRC32C of the bytes, big-endian base64, as Cloud Storage writes it: 8 characters. */
  readonly crc32c: string;
  readonly contentType: string | undefined;
  /** The content coding that its writer says the bytes are in; undefined for none. */
  readonly contentEncoding: string | undefined;
  /** Decimal digits; a larger number is a later write of the same name. */
  readonly generation: string;
  /** Decimal digits; counts the changes of what is said of this generation. */
  readonly metageneration: string;
  readonly updatedAt: Date;
  /** The writer's own key-value pairs. */
  readonly metadata: Readonly<Record<string, string>>;
};

export type MeasuredFile = { readonly sizeBytes: number; readonly crc32c: string };

/** A file on this machine's disk. It is measured before it is sent, where that has not been done. */
export type LocalFile = { readonly path: string; readonly measured?: MeasuredFile };

/** Bytes to be stored. A `Buffer` and a file are sent again after a transient failure; a stream has one try. */
export type ObjectBody = Buffer | LocalFile | Readable;

export type WriteRequest = ObjectRef & {
  readonly body: ObjectBody;
  readonly contentType?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** True: never replace what is there. False: the last writer wins. */
  readonly createOnly: boolean;
  /** Replace this generation only: if the object is another by now, or gone, `PreconditionFailedError`. Not with `createOnly`. */
  readonly ifGeneration?: string;
};

export type WrittenObject = {
  readonly generation: string;
  readonly sizeBytes: number;
  readonly crc32c: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** By storage's own clock. */
  readonly updatedAt: Date;
  /** False when the object was already there; all the rest is then of the existing object. */
  readonly created: boolean;
};

/** What a reader expects of an object; a difference is an `ObjectCorruptError`. */
export type ExpectedObject = { readonly sizeBytes?: number; readonly crc32c?: string };

/** Bytes from `start` to `end`, both included, counted from 0; to the last byte when `end` is left out. */
export type ByteRange = { readonly start?: number; readonly end?: number };

/** What to open of an object: a part of it, and of which write; the latest when left out. */
export type OpenRequest = ByteRange & {
  readonly generation?: string;
  /** The bytes in the content coding that they are stored in; else storage takes gzip off. */
  readonly asStored?: boolean;
};

/** What must hold of an object that is deleted. */
export type DeleteOptions = { readonly ifUnchanged?: Pick<ObjectStat, "generation" | "metageneration"> };

export type ListedObject = ObjectRef & ObjectStat;

export type ObjectPrefix = { readonly bucket: string; readonly prefix: string };

export type ListOptions = {
  /** Only names that sort after this one, by UTF-8 bytes. */
  readonly startAfter?: string;
  /** From the page before. */
  readonly pageToken?: string;
  /** Objects per page, 1 to 1000; 1000 when left out. A page may hold fewer, even none, and not be the last. */
  readonly limit?: number;
};

export type ObjectPage = {
  readonly objects: readonly ListedObject[];
  /** Undefined on the last page. */
  readonly nextPageToken: string | undefined;
};

/** What is known of a bucket. */
export type BucketState = {
  /** Whole days after which its lifecycle rules delete every object; null: never. */
  readonly deleteAfterDays: number | null;
  readonly softDeleteRetentionSec: number;
  /** Undefined where the server does not tell. */
  readonly projectNumber: string | undefined;
};

export type BucketSpec = {
  readonly name: string;
  readonly lifecycle?: {
    /** Whole days since creation; Cloud Storage applies it within about a day. */
    readonly deleteAfterDays?: number;
    readonly matchesPrefix?: readonly string[];
  };
  /** 0 turns soft delete off; null leaves it as it is, which is 7 days at full price unless somebody has said otherwise. */
  readonly softDeleteRetentionSec: number | null;
};
