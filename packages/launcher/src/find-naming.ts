import { bucketName, bucketPrefixOf, type Naming } from "@segue/chain";
import type { ObjectStore } from "@segue/store";

/**
 * How a fleet on this machine names what it owns. Storage of its own that it has from a release that left the project out of the
 * names of buckets is gone on with as it is: records say where payloads lie, bucket and all.
 *
 * @param given the fleet's environment.
 * @param prefix of topics and subscriptions.
 */
export async function findNaming(
  store: ObjectStore,
  given: Readonly<Record<string, string>>,
  projectId: string,
  prefix: string,
): Promise<Naming & { readonly bucketPrefix: string }> {
  const named = (bucketPrefix: string) => ({ projectId, prefix, bucketPrefix });
  if (given.SEGUE_BUCKET_PREFIX) return named(given.SEGUE_BUCKET_PREFIX);
  const usual = bucketPrefixOf({ projectId, prefix });
  // In a storage that was given, others may be at work: whose that is, services tell.
  if (given.SEGUE_GCS_ENDPOINT) return named(usual);
  const isThere = async (bucketPrefix: string) =>
    (await store.readBucket(bucketName(bucketPrefix, "records"))) !== undefined;
  return named(!(await isThere(usual)) && (await isThere(prefix)) ? prefix : usual);
}
