import { bucketName, bucketPrefixOf, type Naming } from "@segue/chain";
import type { ObjectStore } from "@segue/store";

type BucketNaming = Naming & { readonly bucketPrefix: string };

/**
 * How a fleet on this machine may name what it owns: as it is told to, or as usual, or with buckets of a release that left the project out of
 * their names.
 *
 * @param given the fleet's environment.
 * @param prefix of topics and subscriptions.
 */
export function possibleNamings(
  given: Readonly<Record<string, string>>,
  projectId: string,
  prefix: string,
): readonly [BucketNaming, ...BucketNaming[]] {
  const newsProjectId = given.SEGUE_NEWS_PROJECT || undefined;
  const named = (bucketPrefix: string) => ({ projectId, prefix, bucketPrefix, newsProjectId });
  if (given.SEGUE_BUCKET_PREFIX) return [named(given.SEGUE_BUCKET_PREFIX)];
  const usual = named(bucketPrefixOf({ projectId, prefix }));
  // In a storage that was given, others may be at work: whose that is, services tell.
  return given.SEGUE_GCS_ENDPOINT ? [usual] : [usual, named(prefix)];
}

/** Of these the one whose storage is there: it is gone on with as it is, for records say where payloads lie, bucket and all. */
export async function findNaming(
  store: ObjectStore,
  [usual, ...earlier]: readonly [BucketNaming, ...BucketNaming[]],
): Promise<BucketNaming> {
  const isThere = async ({ bucketPrefix }: BucketNaming) =>
    (await store.readBucket(bucketName(bucketPrefix, "records"))) !== undefined;
  if (earlier.length === 0 || (await isThere(usual))) return usual;
  for (const naming of earlier) if (await isThere(naming)) return naming;
  return usual;
}
