import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { notFound } from "./api-error.ts";
import type { RunningDigests } from "./checksum.ts";
import { storedFields } from "./fields.ts";
import { describeTrouble } from "./machine-trouble.ts";
import type { Preconditions } from "./preconditions.ts";
import type { Upload } from "./upload.ts";

const conditions: z.ZodType<Preconditions> = z.object({
  ifGenerationMatch: z.number().exactOptional(),
  ifGenerationNotMatch: z.number().exactOptional(),
  ifMetagenerationMatch: z.number().exactOptional(),
  ifMetagenerationNotMatch: z.number().exactOptional(),
});

const stored = z.object({
  fields: storedFields,
  expected: z.object({
    crc32c: z.string().optional(),
    md5: z.string().optional(),
    minBytes: z.number().optional(),
    maxBytes: z.number().optional(),
  }),
});

const sessionRow = z.object({
  id: z.string(),
  bucket: z.string(),
  name: z.string(),
  blob: z.string(),
  conditions: z.string().transform((text) => conditions.parse(JSON.parse(text))),
  fields: z.string().transform((text) => stored.parse(JSON.parse(text))),
  finished: z.string().nullable(),
});

/** An upload in several requests. Its bytes so far are the length of its file in `incoming/`, and nothing else. */
export type UploadSession = {
  readonly id: string;
  readonly blob: string;
  readonly upload: Upload;
  /** The resource of the object that it became. */
  readonly finished: string | undefined;
};

/** What a session has in memory while this process lives; rebuilt from the file when another one takes over. */
export type SessionProgress = {
  digests: RunningDigests;
  /** Bytes that `digests` covers. */
  sizeBytes: number;
};

/** The upload sessions of one server. */
export class UploadSessions {
  readonly #database: DatabaseSync;
  readonly #newBlob: () => string;
  readonly #progress = new Map<string, SessionProgress>();
  readonly #active = new Map<string, { request: IncomingMessage; done: Promise<unknown> }>();

  constructor(database: DatabaseSync, newBlob: () => string) {
    this.#database = database;
    this.#newBlob = newBlob;
  }

  create(upload: Upload, nowMs: number): string {
    const id = randomUUID();
    this.#database
      .prepare(
        "INSERT INTO uploads (id, bucket, name, blob, conditions, fields, createdMs) VALUES (?, ?, ?, ?, ?, ?, ?)",
      )
      .run(
        id,
        upload.bucket,
        upload.name,
        this.#newBlob(),
        JSON.stringify(upload.conditions),
        JSON.stringify({ fields: upload.fields, expected: upload.expected }),
        nowMs,
      );
    return id;
  }

  /** Throws 404 when there is no such session, or no more. */
  get(id: string): UploadSession {
    const row = this.#database.prepare("SELECT * FROM uploads WHERE id = ?").get(id);
    if (row === undefined) throw notFound("No such upload session");
    const { bucket, name, blob, conditions, fields, finished } = sessionRow.parse(row);
    return { id, blob, upload: { bucket, name, conditions, ...fields }, finished: finished ?? undefined };
  }

  progress(id: string): SessionProgress | undefined {
    return this.#progress.get(id);
  }

  saveProgress(id: string, progress: SessionProgress): void {
    this.#progress.set(id, progress);
  }

  /** Notes what a session became. That is found by its blob as well, should the disk not take this note. */
  finish(id: string, resource: string): void {
    this.#progress.delete(id);
    try {
      this.#database.prepare("UPDATE uploads SET finished = ? WHERE id = ?").run(resource, id);
    } catch (error) {
      if (describeTrouble(error) === undefined) throw error;
    }
  }

  drop(id: string): void {
    this.#database.prepare("DELETE FROM uploads WHERE id = ?").run(id);
    this.#progress.delete(id);
  }

  /** Runs `work` when no other request writes to the session: the newest request wins, the one before is cut off. */
  async exclusively<T>(id: string, request: IncomingMessage, work: () => Promise<T>): Promise<T> {
    for (let before = this.#active.get(id); before; before = this.#active.get(id)) {
      before.request.destroy();
      await before.done;
    }
    const result = work();
    const entry = { request, done: result.catch(() => {}) };
    this.#active.set(id, entry);
    try {
      return await result;
    } finally {
      if (this.#active.get(id) === entry) this.#active.delete(id);
    }
  }
}
