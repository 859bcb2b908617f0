import { z } from "zod";
import type { Connection } from "./connection.ts";
import { deletesByAgeAlone } from "./ensure-bucket.ts";
import { ObjectNotFoundError } from "./errors.ts";
import type { BucketState } from "./object.ts";

const Metadata = z.object({
  projectNumber: z.coerce.string().optional(),
  lifecycle: z
    .object({
      rule: z
        .array(
          z.object({
            action: z.object({ type: z.string() }),
            condition: z.object({ age: z.number().optional() }).loose(),
          }),
        )
        .default([]),
    })
    .optional(),
  softDeletePolicy: z.object({ retentionDurationSeconds: z.coerce.number() }).optional(),
});

/** The rules that a bucket has; undefined where there is none. */
export async function readBucket(connection: Connection, name: string): Promise<BucketState | undefined> {
  try {
    const [json] = await connection.call(`bucket ${name}`, () =>
      connection.client.bucket(name).getMetadata(),
    );
    const { lifecycle, softDeletePolicy, projectNumber } = Metadata.parse(json);
    const ages = (lifecycle?.rule ?? [])
      .filter(deletesByAgeAlone)
      .flatMap(({ condition }) => condition.age ?? []);
    return {
      deleteAfterDays: ages.length > 0 ? Math.min(...ages) : null,
      softDeleteRetentionSec: softDeletePolicy?.retentionDurationSeconds ?? 0,
      projectNumber,
    };
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined;
    throw error;
  }
}

/** Of some permissions those that the caller has on a bucket. */
export async function testBucketPermissions(
  connection: Connection,
  name: string,
  permissions: readonly string[],
): Promise<string[]> {
  const [held] = await connection.call(`bucket ${name}`, () =>
    connection.client.bucket(name).iam.testPermissions([...permissions]),
  );
  return Object.entries(held).flatMap(([permission, has]) => (has ? [permission] : []));
}
