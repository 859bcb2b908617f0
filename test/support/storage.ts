import { createNames } from "@segue/chain";
import { createObjectStore, type ObjectStore } from "@segue/store";

/** The storage of a fleet. @param env the fleet's. */
export function storeOf(env: Readonly<Record<string, string>>): ObjectStore {
  const { GOOGLE_CLOUD_PROJECT: projectId = "", SEGUE_GCS_ENDPOINT: apiEndpoint = "" } = env;
  return createObjectStore({ projectId, apiEndpoint });
}

/** Deletes what the scratch bucket's lifecycle rule would have deleted after a while: all intermediates. */
export async function expireScratch(env: Readonly<Record<string, string>>): Promise<void> {
  const store = storeOf(env);
  const bucket = createNames("segue").bucket("scratch");
  for await (const object of store.walkObjects({ bucket, prefix: "" })) await store.deleteObject(object);
}
