import type { Bucket, BucketConfig } from "./buckets.ts";
import type { StoredObject } from "./objects.ts";

const timestamp = (ms: number) => new Date(ms).toISOString();

/** The JSON API's object resource. `url` is the server's own, for links. */
export function toObjectResource(object: StoredObject, url: string): Record<string, unknown> {
  const { bucket, name, generation } = object;
  const path = `b/${bucket}/o/${encodeURIComponent(name)}`;
  return {
    kind: "storage#object",
    id: `${bucket}/${name}/${generation}`,
    selfLink: `${url}/storage/v1/${path}`,
    mediaLink: `${url}/download/storage/v1/${path}?generation=${generation}&alt=media`,
    name,
    bucket,
    generation: String(generation),
    metageneration: String(object.metageneration),
    storageClass: "STANDARD",
    ...object.fields,
    size: String(object.sizeBytes),
    crc32c: object.crc32c,
    ...(object.md5 === null ? {} : { md5Hash: object.md5 }),
    ...(object.componentCount === null ? {} : { componentCount: object.componentCount }),
    etag: formatEtag(object),
    timeCreated: timestamp(object.createdMs),
    timeFinalized: timestamp(object.createdMs),
    timeStorageClassUpdated: timestamp(object.createdMs),
    updated: timestamp(object.updatedMs),
  };
}

export function formatEtag(object: StoredObject): string {
  return Buffer.from(`${object.generation}/${object.metageneration}`).toString("base64");
}

const multiRegions = ["US", "EU", "ASIA"];
const dualRegions = ["NAM4", "EUR4", "EUR5", "EUR7", "EUR8", "ASIA1"];

/** What kind of place a bucket's location is. */
export function findLocationType({ location, customPlacementConfig }: BucketConfig): string {
  const place = location.toUpperCase();
  if (customPlacementConfig !== undefined || dualRegions.includes(place)) return "dual-region";
  return multiRegions.includes(place) ? "multi-region" : "region";
}

const isEmpty = (value: unknown) =>
  typeof value === "object" && value !== null && Object.keys(value).length === 0;

/** The JSON API's bucket resource. A map or a list without an entry is left out. */
export function toBucketResource(bucket: Bucket, url: string): Record<string, unknown> {
  const { softDeletePolicy, ...config } = bucket.config;
  return {
    kind: "storage#bucket",
    id: bucket.name,
    selfLink: `${url}/storage/v1/b/${bucket.name}`,
    name: bucket.name,
    iamConfiguration: { uniformBucketLevelAccess: { enabled: true } },
    ...Object.fromEntries(Object.entries(config).filter(([, value]) => !isEmpty(value))),
    location: config.location.toUpperCase(),
    // 64-bit numbers are strings in Google's JSON.
    softDeletePolicy: {
      effectiveTime: timestamp(bucket.createdMs),
      ...softDeletePolicy,
      retentionDurationSeconds: String(softDeletePolicy.retentionDurationSeconds),
    },
    locationType: findLocationType(bucket.config),
    metageneration: String(bucket.metageneration),
    etag: Buffer.from(String(bucket.metageneration)).toString("base64"),
    timeCreated: timestamp(bucket.createdMs),
    updated: timestamp(bucket.updatedMs),
  };
}
