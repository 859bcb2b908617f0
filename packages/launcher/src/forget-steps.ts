import type { Names } from "@segue/chain";
import { stepObjectPrefix } from "@segue/contracts";
import type { ObjectStore } from "@segue/store";

/**
 * Removes what workers of an earlier run have registered, before any of this run starts: tracks would wait for a step that has
 * left the fleet's definition since. Whatever runs registers itself.
 */
export async function forgetSteps(store: ObjectStore, names: Names): Promise<void> {
  const place = { bucket: names.bucket("records"), prefix: stepObjectPrefix };
  for await (const object of store.walkObjects(place)) await store.deleteObject(object);
}
