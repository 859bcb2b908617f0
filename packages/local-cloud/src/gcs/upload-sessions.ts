import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { ApiError, notFound } from "./api-error.ts";
import type { RunningDigests } from "./checksum.ts";
import { storedFields } from "./fields.ts";
import { describeTrouble } from "./machine-trouble.ts";
import type { Preconditions } from "./preconditions.ts";
import type { Upload } from "./upload.ts";

/** How long an upload session can be resumed; Cloud Storage gives it a week. */
export const sessionLifeMs = 7 * 86_400_000;

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
  origin: z.string().optional(),
});

const sessionRow = z.object({
  id: z.string(),
  bucket: z.string(),
  name: z.string(),
  blob: z.string(),
  conditions: z.string().transform((text) => conditions.parse(JSON.parse(text))),
  fields: z.string().transform((text) => stored.parse(JSON.parse(text))),
  finished: z.string().nullable(),
  createdMs: z.number(),
});

/** An upload in several requests. Its bytes so far are the length of its file in `incoming/`, and nothing else. */
export type UploadSession = {
  readonly id: string;
  readonly blob: string;
  readonly upload: Upload;
  /** Of the web page that it was opened for. */
  readonly origin: string | undefined;
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

  create(upload: Upload, nowMs: number, origin: string | undefined): string {
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
        JSON.stringify({ fields: upload.fields, expected: upload.expected, origin }),
        nowMs,
      );
    return id;
  }

  /** Throws 404 when there is no such session, or no more, 410 when its week is over. */
  get(id: string, nowMs: number): UploadSession {
    const row = this.#database.prepare("SELECT * FROM uploads WHERE id = ?").get(id);
    if (row === undefined) throw notFound("No such upload session");
    const { bucket, name, blob, conditions, finished, createdMs, fields } = sessionRow.parse(row);
    const { origin, ...rest } = fields;
    if (finished === null && nowMs - createdMs >= sessionLifeMs)
      throw new ApiError(410, "gone", "The upload session has expired");
    const upload = { bucket, name, conditions, ...rest };
    return { id, blob, upload, origin, finished: finished ?? undefined };
  }

  /** Of the web page that a session was opened for, if there is such a session and it was. */
  originOf(id: string): string | undefined {
    const row = this.#database.prepare("SELECT fields FROM uploads WHERE id = ?").get(id);
    return row && sessionRow.pick({ fields: true }).parse(row).fields.origin;
  }

  progress(id: string): SessionProgress | undefined {
    return this.#progress.get(id);
  }

  forgetProgress(id: string): void {
    this.#progress.delete(id);
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
