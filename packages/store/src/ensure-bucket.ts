import type { CreateBucketRequest } from "@google-cloud/storage";
import type { Connection } from "./connection.ts";
import { readHttpStatus, StoreRefusedError } from "./errors.ts";
import type { BucketSpec } from "./object.ts";

function toMetadata({
  lifecycle,
  softDeleteRetentionSec,
}: BucketSpec): Pick<CreateBucketRequest, "lifecycle" | "softDeletePolicy"> {
  const condition = {
    ...(lifecycle?.deleteAfterDays === undefined ? {} : { age: lifecycle.deleteAfterDays }),
    ...(lifecycle?.matchesPrefix === undefined ? {} : { matchesPrefix: [...lifecycle.matchesPrefix] }),
  };
  const rule =
    lifecycle?.deleteAfterDays === undefined ? [] : [{ action: { type: "Delete" as const }, condition }];
  return { lifecycle: { rule }, softDeletePolicy: { retentionDurationSeconds: softDeleteRetentionSec } };
}

/** Makes the bucket if there is none, and gives it these rules either way. Safe to call from many processes at once. */
export async function ensureBucket(connection: Connection, spec: BucketSpec): Promise<void> {
  const metadata = toMetadata(spec);
  const what = `bucket ${spec.name}`;
  try {
    await connection.call(what, () => connection.client.createBucket(spec.name, { ...metadata }));
  } catch (error) {
    const exists = error instanceof StoreRefusedError && readHttpStatus(error.cause) === 409;
    if (!exists) throw error;
    await connection.call(what, () => connection.client.bucket(spec.name).setMetadata(metadata));
  }
}
