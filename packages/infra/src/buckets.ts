import { apiName } from "./apis.ts";
import type { Ground } from "./ground.ts";
import { resource } from "./resource.ts";

export const bucketName = (bucket: string) => `bucket/${bucket}`;

export function bucketResources({ spec, project, region, labels }: Ground) {
  return spec.buckets.map(({ name, role, deleteAfterDays, softDeleteRetentionSec, storageClass }) =>
    resource(
      "gcp:storage/bucket:Bucket",
      bucketName(name),
      {
        project,
        name,
        location: region.toUpperCase(),
        storageClass,
        uniformBucketLevelAccess: true,
        publicAccessPrevention: "enforced",
        // Objects are written once, under a hash of what makes them.
        versioning: { enabled: false },
        ...(deleteAfterDays !== null && {
          lifecycleRules: [{ action: { type: "Delete" }, condition: { age: deleteAfterDays } }],
        }),
        ...(softDeleteRetentionSec !== null && {
          softDeletePolicy: { retentionDurationSeconds: softDeleteRetentionSec },
        }),
        forceDestroy: false,
        labels: { ...labels, role },
      },
      { dependsOn: [apiName("storage")], protect: deleteAfterDays === null },
    ),
  );
}
