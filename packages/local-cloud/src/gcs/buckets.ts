import type { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { ApiError, invalid, notFound } from "./api-error.ts";
import { mergePatch, parseBody, storageClass } from "./fields.ts";
import { checkPreconditions, type Preconditions } from "./preconditions.ts";
import { checkFields, dropOwnFields } from "./surface/check-fields.ts";
import { bucketFields } from "./surface/fields.ts";

const dateText = z.string().refine((text) => !Number.isNaN(Date.parse(text)), "expected a date");
const days = z.coerce.number().int().nonnegative();

const lifecycleRule = z.object({
  action: z.looseObject({
    type: z.enum(["Delete", "SetStorageClass", "AbortIncompleteMultipartUpload"]),
    storageClass: storageClass.optional(),
  }),
  condition: z.looseObject({
    age: days.optional(),
    createdBefore: dateText.optional(),
    customTimeBefore: dateText.optional(),
    daysSinceCustomTime: days.optional(),
    matchesPrefix: z.array(z.string()).optional(),
    matchesSuffix: z.array(z.string()).optional(),
    matchesStorageClass: z.array(z.string()).optional(),
    sizeAboveBytes: z.coerce.number().optional(),
    sizeBelowBytes: z.coerce.number().optional(),
    isLive: z.boolean().optional(),
  }),
});

export type LifecycleRule = z.infer<typeof lifecycleRule>;

/** What a client may set on a bucket, as it is stored. What stands in `bucketFields` as kept has no meaning here. */
const storedConfig = z.looseObject({
  location: z.string().default("US"),
  storageClass: z.string().default("STANDARD"),
  labels: z.record(z.string(), z.string()).optional(),
  autoclass: z.looseObject({ enabled: z.boolean().optional(), toggleTime: z.string().optional() }).optional(),
  lifecycle: z.object({ rule: z.array(lifecycleRule).optional() }).optional(),
  softDeletePolicy: z
    .looseObject({ retentionDurationSeconds: z.coerce.number().int().nonnegative() })
    .default({ retentionDurationSeconds: 604_800 }),
});

export type BucketConfig = z.infer<typeof storedConfig>;

const complete = (rule: LifecycleRule) =>
  Object.keys(rule.condition).length > 0 &&
  (rule.action.type !== "SetStorageClass" || rule.action.storageClass !== undefined);

/** The same of a client that sets it now. */
const bucketConfig = storedConfig.extend({
  iamConfiguration: z
    .looseObject({ publicAccessPrevention: z.enum(["inherited", "enforced"]).optional() })
    .optional(),
  storageClass: storageClass.default("STANDARD"),
  lifecycle: z
    .object({
      rule: z
        .array(lifecycleRule.refine(complete, "expected at least one condition, and a class to set"))
        .optional(),
    })
    .optional(),
});

const bucketRow = z.object({
  name: z.string(),
  createdMs: z.number(),
  updatedMs: z.number(),
  metageneration: z.number(),
  config: z.string().transform((text) => storedConfig.parse(JSON.parse(text))),
});

export type Bucket = z.infer<typeof bucketRow>;

const bucketName = z.string().regex(/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/);

/** Takes what is not the server's own from a body. Throws a 400 for what is not built. */
function readBucketBody(body: unknown): unknown {
  checkFields(body, "A bucket", bucketFields);
  return dropOwnFields(body ?? {}, bucketFields);
}

/** Notes when autoclass was turned on or off, which is all that it does here. */
function stampAutoclass(config: BucketConfig, before: BucketConfig | undefined, nowMs: number): BucketConfig {
  const { autoclass } = config;
  if (!autoclass) return config;
  const was = before?.autoclass;
  const toggleTime =
    was?.enabled === autoclass.enabled && was?.toggleTime ? was.toggleTime : new Date(nowMs).toISOString();
  return { ...config, autoclass: { ...autoclass, toggleTime } };
}

/** The buckets of one server. Every method throws `ApiError`. */
export type Buckets = {
  create(body: unknown, nowMs: number): Bucket;
  get(name: string): Bucket;
  has(name: string): boolean;
  list(prefix: string, pageToken: string | undefined, limit: number): Bucket[];
  patch(name: string, patch: unknown, conditions: Preconditions, nowMs: number): Bucket;
  /** Sets a whole configuration; where a bucket lies can't change. */
  replace(name: string, body: unknown, conditions: Preconditions, nowMs: number): Bucket;
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
  const change = (
    name: string,
    conditions: Preconditions,
    nowMs: number,
    next: (bucket: Bucket) => unknown,
  ) => {
    const bucket = get(name);
    checkPreconditions(conditions, { generation: 0, metageneration: bucket.metageneration }, "write");
    const config = stampAutoclass(parseBody(bucketConfig, next(bucket)), bucket.config, nowMs);
    statements.update.run(JSON.stringify(config), nowMs, name);
    return get(name);
  };
  return {
    get,
    has: (name) => find(name) !== undefined,
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
      const given = parseBody(bucketConfig, mergePatch({}, readBucketBody(body)));
      const config = stampAutoclass(given, undefined, nowMs);
      statements.insert.run(name.data, nowMs, nowMs, JSON.stringify(config));
      return get(name.data);
    },
    list: (prefix, pageToken, limit) =>
      z.array(bucketRow).parse(statements.page.all(pageToken ?? "", prefix, prefix, limit)),
    patch: (name, patch, conditions, nowMs) =>
      change(name, conditions, nowMs, ({ config }) => mergePatch(config, readBucketBody(patch))),
    replace: (name, body, conditions, nowMs) =>
      change(name, conditions, nowMs, ({ config: { location } }) =>
        mergePatch({ location }, readBucketBody(body)),
      ),
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
