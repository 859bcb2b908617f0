import type { DatabaseSync, StatementSync } from "node:sqlite";
import { z } from "zod";
import { invalid, notFound } from "./api-error.ts";
import type { Blobs } from "./blobs.ts";
import type { Digests } from "./checksum.ts";
import { transact } from "./database.ts";
import { type ObjectFields, storedFields } from "./fields.ts";
import { checkPreconditions, type Preconditions } from "./preconditions.ts";

const objectRow = z.object({
  bucket: z.string(),
  name: z.instanceof(Uint8Array).transform((bytes) => Buffer.from(bytes).toString("utf8")),
  generation: z.number(),
  metageneration: z.number(),
  blob: z.string(),
  sizeBytes: z.number(),
  crc32c: z.string(),
  md5: z.string().nullable(),
  componentCount: z.number().nullable(),
  createdMs: z.number(),
  updatedMs: z.number(),
  fields: z.string().transform((text) => storedFields.parse(JSON.parse(text))),
});

/** An object as stored: one live generation per name. */
export type StoredObject = z.infer<typeof objectRow>;

/** A blob that is complete on disk, to be made visible under a name. */
export type NewObject = {
  readonly bucket: string;
  readonly name: string;
  readonly blob: string;
  readonly sizeBytes: number;
  readonly digests: Digests;
  readonly componentCount?: number;
  readonly fields: ObjectFields;
};

/** What goes in the transaction in which an object comes. */
export type InPlaceOf = {
  readonly objects?: readonly StoredObject[];
  /** Published blobs that no object names. */
  readonly blobs?: readonly string[];
  readonly within?: () => void;
};

/** Throws a 400 for a name that Cloud Storage does not take. */
export function checkObjectName(name: string): void {
  const sizeBytes = Buffer.byteLength(name);
  if (sizeBytes < 1 || sizeBytes > 1024)
    throw invalid(`Object name: expected 1 to 1024 bytes, got ${sizeBytes}`);
  if (/[\r\n]/.test(name)) throw invalid("Object name: expected no carriage return or line feed");
  if (name === "." || name === "..") throw invalid("Object name: '.' and '..' are not allowed");
}

/** Reads rows of `objects`. */
export const parseObjects = (rows: unknown): StoredObject[] => z.array(objectRow).parse(rows);

/** The objects of one server. Reads and checks throw `ApiError`. */
export class Objects {
  readonly #database: DatabaseSync;
  readonly #blobs: Blobs;
  readonly #select: StatementSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #delete: StatementSync;
  readonly #discard: StatementSync;
  readonly #discarded: StatementSync;
  readonly #onLeftUndone: (error: unknown) => void;
  #lastGeneration: number;

  /** `onLeftUndone` hears of what could not be tidied after a write that is done; the next start tidies it. */
  constructor(database: DatabaseSync, blobs: Blobs, onLeftUndone: (error: unknown) => void) {
    this.#onLeftUndone = onLeftUndone;
    this.#database = database;
    this.#blobs = blobs;
    this.#select = database.prepare("SELECT * FROM objects WHERE bucket = ? AND name = ?");
    this.#insert = database.prepare(
      `INSERT OR REPLACE INTO objects (bucket, name, generation, metageneration, blob, sizeBytes, crc32c, md5,
        componentCount, createdMs, updatedMs, fields) VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#update = database.prepare(
      `UPDATE objects SET fields = ?, updatedMs = ?, metageneration = metageneration + 1
        WHERE bucket = ? AND name = ?`,
    );
    this.#delete = database.prepare("DELETE FROM objects WHERE bucket = ? AND name = ?");
    this.#discard = database.prepare("INSERT OR IGNORE INTO garbage (blob) VALUES (?)");
    this.#discarded = database.prepare("DELETE FROM garbage WHERE blob = ?");
    const highest = database.prepare("SELECT coalesce(max(generation), 0) AS generation FROM objects").get();
    this.#lastGeneration = z.object({ generation: z.number() }).parse(highest).generation;
  }

  /** The live object, or undefined. */
  find(bucket: string, name: string): StoredObject | undefined {
    const row = this.#select.get(bucket, Buffer.from(name));
    return row === undefined ? undefined : objectRow.parse(row);
  }

  /** The live object whose bytes are in this blob, or undefined. */
  findByBlob(blob: string): StoredObject | undefined {
    const row = this.#database.prepare("SELECT * FROM objects WHERE blob = ?").get(blob);
    return row === undefined ? undefined : objectRow.parse(row);
  }

  /** The live object. Throws 404 when there is none, or when it is not the generation asked for. */
  get(bucket: string, name: string, generation?: number): StoredObject {
    const object = this.find(bucket, name);
    if (!object || (generation !== undefined && generation !== object.generation)) {
      throw notFound(`No such object: ${bucket}/${name}`);
    }
    return object;
  }

  /**
   * Makes a blob from `incoming/` visible, in place of what had the name, if the preconditions hold at this very
   * moment. Throws 412 otherwise; the blob then stays in `incoming/` for the caller to remove. Once the transaction is
   * through nothing throws any more: the object is there, and what a failing disk leaves undone the next start does.
   */
  publish(
    object: NewObject,
    conditions: Preconditions,
    nowMs: number,
    inPlaceOf: InPlaceOf = {},
  ): StoredObject {
    const { bucket, name, blob, digests } = object;
    const before = this.find(bucket, name);
    checkPreconditions(conditions, before, "write");
    // Microseconds since 1970, as Cloud Storage has them, but never the same one twice.
    this.#lastGeneration = Math.max(this.#lastGeneration + 1, nowMs * 1000);
    const gone = [...(inPlaceOf.objects ?? []), ...(before ? [before] : [])];
    const goneBlobs = new Set([...(inPlaceOf.blobs ?? []), ...gone.map((item) => item.blob)]);
    transact(this.#database, () => {
      for (const item of goneBlobs) this.#discard.run(item);
      for (const item of gone) this.#delete.run(item.bucket, Buffer.from(item.name));
      inPlaceOf.within?.();
      this.#insert.run(
        bucket,
        Buffer.from(name),
        this.#lastGeneration,
        blob,
        object.sizeBytes,
        digests.crc32c,
        digests.md5 ?? null,
        object.componentCount ?? null,
        nowMs,
        nowMs,
        JSON.stringify(object.fields),
      );
    });
    this.settle([blob], [...goneBlobs]);
    return this.get(bucket, name);
  }

  /** Replaces an object's fields, its bytes staying as they are. */
  update(object: StoredObject, fields: ObjectFields, nowMs: number): StoredObject {
    this.#update.run(JSON.stringify(fields), nowMs, object.bucket, Buffer.from(object.name));
    return this.get(object.bucket, object.name);
  }

  remove(object: StoredObject): void {
    transact(this.#database, () => {
      this.#discard.run(object.blob);
      this.#delete.run(object.bucket, Buffer.from(object.name));
    });
    this.#removeBlob(object.blob);
  }

  /** Moves blobs that the database names to their places, and removes those of the garbage table. Throws nothing. */
  settle(published: readonly string[], discarded: readonly string[]): void {
    for (const blob of published) this.#afterwards(() => this.#blobs.publish(blob));
    for (const blob of discarded) this.#removeBlob(blob);
  }

  // The garbage table remembers the blob across a death between these two lines, or a disk that fails.
  #removeBlob(blob: string): void {
    this.#afterwards(() => {
      this.#blobs.remove(blob);
      this.#discarded.run(blob);
    });
  }

  #afterwards(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#onLeftUndone(error);
    }
  }
}
