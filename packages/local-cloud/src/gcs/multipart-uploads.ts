import { randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { ApiError } from "./api-error.ts";
import type { StoredBlob } from "./blobs.ts";
import { transact } from "./database.ts";
import { type ObjectFields, storedFields } from "./fields.ts";

const uploadRow = z.object({
  id: z.string(),
  bucket: z.string(),
  name: z.instanceof(Uint8Array).transform((bytes) => Buffer.from(bytes).toString("utf8")),
  fields: z.string().transform((text) => storedFields.parse(JSON.parse(text))),
  createdMs: z.number(),
});

/** An object that is being put together from parts which come in any order, each in requests of its own. */
export type MultipartUpload = z.infer<typeof uploadRow>;

const partRow = z.object({
  number: z.number(),
  blob: z.string(),
  sizeBytes: z.number(),
  crc32c: z.string(),
  md5: z.string(),
  createdMs: z.number(),
});

/** A part that has come whole. */
export type MultipartPart = z.infer<typeof partRow>;

/**
 * The XML API's multipart uploads of one server. A part is a published blob that no object names; its row is written
 * before it moves out of `incoming/`, as an object's is.
 */
export class MultipartUploads {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  create(bucket: string, name: string, fields: ObjectFields, nowMs: number): string {
    const id = randomUUID();
    this.#database
      .prepare("INSERT INTO multipartUploads (id, bucket, name, fields, createdMs) VALUES (?, ?, ?, ?, ?)")
      .run(id, bucket, Buffer.from(name), JSON.stringify(fields), nowMs);
    return id;
  }

  /** Throws 404 when there is no such upload of that object, or no more. */
  get(id: string, bucket: string, name: string): MultipartUpload {
    const row = this.#database
      .prepare("SELECT * FROM multipartUploads WHERE id = ? AND bucket = ? AND name = ?")
      .get(id, bucket, Buffer.from(name));
    if (row === undefined) throw new ApiError(404, "NoSuchUpload", "The requested upload was not found.");
    return uploadRow.parse(row);
  }

  list(bucket: string): MultipartUpload[] {
    const rows = this.#database
      .prepare("SELECT * FROM multipartUploads WHERE bucket = ? ORDER BY name, createdMs")
      .all(bucket);
    return z.array(uploadRow).parse(rows);
  }

  parts(id: string): MultipartPart[] {
    const rows = this.#database
      .prepare("SELECT * FROM multipartParts WHERE upload = ? ORDER BY number")
      .all(id);
    return z.array(partRow).parse(rows);
  }

  /** Puts a part in its place. Returns the blobs of the garbage table that this makes: the part that was there before. */
  putPart(id: string, number: number, { blob, sizeBytes, digests }: StoredBlob, nowMs: number): string[] {
    return transact(this.#database, () => {
      const before = this.parts(id).filter((part) => part.number === number);
      for (const part of before) this.#discard(part.blob);
      this.#database
        .prepare(
          `INSERT OR REPLACE INTO multipartParts (upload, number, blob, sizeBytes, crc32c, md5, createdMs)
            VALUES (?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(id, number, blob, sizeBytes, digests.crc32c, digests.md5, nowMs);
      return before.map((part) => part.blob);
    });
  }

  /** Forgets an upload, within a transaction. */
  forget(id: string): void {
    this.#database.prepare("DELETE FROM multipartParts WHERE upload = ?").run(id);
    this.#database.prepare("DELETE FROM multipartUploads WHERE id = ?").run(id);
  }

  /** Gives an upload up. Returns the blobs of the garbage table that this makes. */
  abort(id: string): string[] {
    return transact(this.#database, () => {
      const blobs = this.parts(id).map((part) => part.blob);
      for (const blob of blobs) this.#discard(blob);
      this.forget(id);
      return blobs;
    });
  }

  #discard(blob: string): void {
    this.#database.prepare("INSERT OR IGNORE INTO garbage (blob) VALUES (?)").run(blob);
  }
}
