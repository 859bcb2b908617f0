import type { InPlaceOf, NewObject, StoredObject } from "./objects.ts";
import type { Preconditions } from "./preconditions.ts";
import type { ServerState } from "./server-state.ts";

/** Makes a complete blob an object of its bucket, which gives it a storage class if its writer named none. */
export function publishObject(
  state: ServerState,
  object: NewObject,
  conditions: Preconditions,
  inPlaceOf: InPlaceOf = {},
): StoredObject {
  const { config } = state.buckets.get(object.bucket);
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
