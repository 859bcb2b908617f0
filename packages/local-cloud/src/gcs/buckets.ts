import type { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { ApiError, invalid, notFound } from "./api-error.ts";
import { mergePatch, parseBody } from "./fields.ts";
import { checkPreconditions, type Preconditions } from "./preconditions.ts";

const dateText = z.string().refine((text) => !Number.isNaN(Date.parse(text)), "expected a date");

const lifecycleRule = z.object({
  action: z.looseObject({ type: z.enum(["Delete", "SetStorageClass", "AbortIncompleteMultipartUpload"]) }),
  condition: z.looseObject({
    age: z.number().int().nonnegative().optional(),
    createdBefore: dateText.optional(),
    matchesPrefix: z.array(z.string()).optional(),
    matchesSuffix: z.array(z.string()).optional(),
    isLive: z.boolean().optional(),
  }),
});

export type LifecycleRule = z.infer<typeof lifecycleRule>;

/** What a client may set on a bucket. Fields that the server gives no meaning to are kept and handed back. */
const bucketConfig = z.looseObject({
  location: z.string().default("US"),
  storageClass: z.string().default("STANDARD"),
  labels: z.record(z.string(), z.string()).optional(),
  lifecycle: z.object({ rule: z.array(lifecycleRule).optional() }).optional(),
  softDeletePolicy: z
    .looseObject({ retentionDurationSeconds: z.coerce.number().int().nonnegative() })
    .default({ retentionDurationSeconds: 604_800 }),
});

export type BucketConfig = z.infer<typeof bucketConfig>;

const bucketRow = z.object({
  name: z.string(),
  createdMs: z.number(),
  updatedMs: z.number(),
  metageneration: z.number(),
  config: z.string().transform((text) => bucketConfig.parse(JSON.parse(text))),
});

export type Bucket = z.infer<typeof bucketRow>;

const bucketName = z.string().regex(/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/);
// The server writes these itself; a client that hands a whole resource back must not store them.
const ownFields = [
  "kind",
  "id",
  "name",
  "selfLink",
  "timeCreated",
  "updated",
  "metageneration",
  "etag",
  "projectNumber",
];

function parseConfig(value: unknown): BucketConfig {
  const config = parseBody(bucketConfig, value);
  for (const field of ownFields) delete config[field];
  return config;
}

/** The buckets of one server. Every method throws `ApiError`. */
export type Buckets = {
  create(body: unknown, nowMs: number): Bucket;
  get(name: string): Bucket;
  list(prefix: string, pageToken: string | undefined, limit: number): Bucket[];
  patch(name: string, patch: unknown, conditions: Preconditions, nowMs: number): Bucket;
  remove(name: string, conditions: Preconditions): void;
};

function prepareStatements(database: DatabaseSync) {
  return {
    select: database.prepare("SELECT * FROM buckets WHERE name = ?"),
    insert: database.prepare(
      "INSERT INTO buckets (name, createdMs, updatedMs, metageneration, config) VALUES (?, ?, ?, 1, ?)",
    ),
    page: database.prepare(
      "SELECT * FROM buckets WHERE name > ? AND substr(name, 1, length(?)) = ? ORDER BY name LIMIT ?",
    ),
    update: database.prepare(
      "UPDATE buckets SET config = ?, updatedMs = ?, metageneration = metageneration + 1 WHERE name = ?",
    ),
    remove: database.prepare("DELETE FROM buckets WHERE name = ?"),
    anyObject: database.prepare("SELECT 1 FROM objects WHERE bucket = ? LIMIT 1"),
  };
}

/** Opens the buckets in `database`. */
export function openBuckets(database: DatabaseSync): Buckets {
  const statements = prepareStatements(database);
  const find = (name: string) => {
    const row = statements.select.get(name);
    return row === undefined ? undefined : bucketRow.parse(row);
  };
  const get = (name: string) => {
    const bucket = find(name);
    if (!bucket) throw notFound("The specified bucket does not exist.");
    return bucket;
  };
  return {
    get,
    create(body, nowMs) {
      const name = bucketName.safeParse(parseBody(z.looseObject({ name: z.string() }), body).name);
      if (!name.success)
        throw invalid("Invalid bucket name: expected 3 to 222 of a-z, 0-9, '.', '_' and '-'");
      if (find(name.data)) {
        throw new ApiError(
          409,
          "conflict",
          "Your previous request to create the named bucket succeeded and you already own it.",
        );
      }
      statements.insert.run(name.data, nowMs, nowMs, JSON.stringify(parseConfig(body)));
      return get(name.data);
    },
    list: (prefix, pageToken, limit) =>
      z.array(bucketRow).parse(statements.page.all(pageToken ?? "", prefix, prefix, limit)),
    patch(name, patch, conditions, nowMs) {
      const bucket = get(name);
      checkPreconditions(conditions, { generation: 0, metageneration: bucket.metageneration }, "write");
      const config = parseConfig(mergePatch(bucket.config, patch));
      statements.update.run(JSON.stringify(config), nowMs, name);
      return get(name);
    },
    remove(name, conditions) {
      const bucket = get(name);
      checkPreconditions(conditions, { generation: 0, metageneration: bucket.metageneration }, "write");
      if (statements.anyObject.get(name)) {
        throw new ApiError(409, "conflict", "The bucket you tried to delete is not empty.");
      }
      statements.remove.run(name);
    },
  };
}
