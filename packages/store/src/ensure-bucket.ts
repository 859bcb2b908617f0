import type { CreateBucketRequest } from "@google-cloud/storage";
import type { Connection } from "./connection.ts";
import { readHttpStatus, StoreRefusedError } from "./errors.ts";
import type { BucketSpec } from "./object.ts";

type Metadata = Pick<CreateBucketRequest, "lifecycle" | "softDeletePolicy">;
type Rule = NonNullable<NonNullable<Metadata["lifecycle"]>["rule"]>[number];

function rulesOf({ lifecycle }: BucketSpec): Rule[] {
  if (lifecycle?.deleteAfterDays === undefined) return [];
  const condition = {
    age: lifecycle.deleteAfterDays,
    ...(lifecycle.matchesPrefix === undefined ? {} : { matchesPrefix: [...lifecycle.matchesPrefix] }),
  };
  return [{ action: { type: "Delete" as const }, condition }];
}

function toMetadata(spec: BucketSpec, rule: Rule[]): Metadata {
  const { softDeleteRetentionSec } = spec;
  return {
    ...(rule.length > 0 ? { lifecycle: { rule } } : {}),
    ...(softDeleteRetentionSec === null
      ? {}
      : { softDeletePolicy: { retentionDurationSeconds: softDeleteRetentionSec } }),
  };
}

/** Makes the bucket if there is none; one that is there is left as it is. Safe to call from many processes at once. */
export async function ensureBucket(connection: Connection, spec: BucketSpec): Promise<void> {
  const metadata = toMetadata(spec, rulesOf(spec));
  try {
    await connection.call(`bucket ${spec.name}`, () =>
      connection.client.createBucket(spec.name, { ...metadata }),
    );
  } catch (error) {
    const exists = error instanceof StoreRefusedError && readHttpStatus(error.cause) === 409;
    if (!exists) throw error;
  }
}

/**
 * Gives a bucket that is there what a spec says, and nothing else: rules that delete by age alone make way for the spec's, all others
 * stay; what the spec leaves open stays as it is.
 */
export async function changeBucket(connection: Connection, spec: BucketSpec): Promise<void> {
  const bucket = connection.client.bucket(spec.name);
  await connection.call(`bucket ${spec.name}`, async () => {
    const [{ lifecycle, metageneration }] = await bucket.getMetadata();
    const others = (lifecycle?.rule ?? []).filter((rule) => !deletesByAgeAlone(rule));
    const own = rulesOf(spec);
    const metadata = toMetadata(spec, own.length > 0 ? [...others, ...own] : []);
    await bucket.setMetadata(metadata, { ifMetagenerationMatch: metageneration });
  });
}

/** A rule with more conditions spares some objects. */
export function deletesByAgeAlone({
  action,
  condition,
}: {
  readonly action: { readonly type: string };
  readonly condition: object;
}): boolean {
  return action.type === "Delete" && Object.keys(condition).join() === "age";
}
