import type { InPlaceOf, NewObject, StoredObject } from "./objects.ts";
import { checkPreconditions, type Preconditions } from "./preconditions.ts";
import type { ServerState } from "./server-state.ts";
import { requirePermission } from "./with-access.ts";

/**
 * Makes a complete blob an object of its bucket, which gives it a storage class if its writer named none. To write over another takes the right
 * to delete it.
 */
export function publishObject(
  state: ServerState,
  object: NewObject,
  conditions: Preconditions,
  inPlaceOf: InPlaceOf = {},
): StoredObject {
  const { bucket, name } = object;
  const { config } = state.buckets.get(bucket);
  const before = state.door && state.objects.find(bucket, name);
  if (before) {
    checkPreconditions(conditions, before, "write");
    requirePermission(state, "storage.objects.delete", bucket, name);
  }
  const fields = { ...object.fields, storageClass: object.fields.storageClass ?? config.storageClass };
  return state.objects.publish({ ...object, fields }, conditions, state.now(), inPlaceOf);
}

/** The same; the blob goes when the object can't come. */
export function publishOrDiscard(
  state: ServerState,
  object: NewObject,
  conditions: Preconditions,
  inPlaceOf: InPlaceOf = {},
): StoredObject {
  try {
    return publishObject(state, object, conditions, inPlaceOf);
  } catch (error) {
    state.blobs.discard(object.blob);
    throw error;
  }
}
