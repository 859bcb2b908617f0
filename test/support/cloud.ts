import type { PubSub } from "@google-cloud/pubsub";
import { createNames, localNaming } from "@segue/chain";
import { createPubSub } from "@segue/queue";
import { createObjectStore, type ObjectStore } from "@segue/store";

/** The storage of a fleet. @param env the fleet's. */
export function storeOf(env: Readonly<Record<string, string>>): ObjectStore {
  const { GOOGLE_CLOUD_PROJECT: projectId = "", SEGUE_GCS_ENDPOINT: apiEndpoint = "" } = env;
  return createObjectStore({ projectId, apiEndpoint });
}

/** The queue of a fleet on this machine: the local one, or Google's emulator. @param env the fleet's. */
export function pubsubOf(env: Readonly<Record<string, string>>): PubSub {
  const { GOOGLE_CLOUD_PROJECT: projectId = "", PUBSUB_EMULATOR_HOST: apiEndpoint = "" } = env;
  return createPubSub(projectId, { apiEndpoint, emulatorMode: true });
}

/** Deletes what the scratch bucket's lifecycle rule would have deleted after a while: all intermediates. */
export async function expireScratch(env: Readonly<Record<string, string>>): Promise<void> {
  const store = storeOf(env);
  const bucket = createNames(localNaming).bucket("scratch");
  for await (const object of store.walkObjects({ bucket, prefix: "" })) await store.deleteObject(object);
}
