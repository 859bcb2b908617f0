import { createNames, deriveTopology } from "@segue/chain";
import { createPubSub } from "@segue/queue";
import { createObjectStore } from "@segue/store";
import { ensureTopology } from "./ensure-topology.ts";
import { forgetListeners } from "./forget-listeners.ts";
import { forgetSteps } from "./forget-steps.ts";
import { refuseForeignCloud } from "./refuse-foreign-cloud.ts";
import type { CloudEnv } from "./start-local-cloud.ts";

/** Makes what a chain needs of topics, subscriptions and buckets, before any of its services starts. @throws {ForeignEditionError} */
export async function createTopology(
  chain: Parameters<typeof deriveTopology>[0],
  env: CloudEnv,
  { isOurStorage, isOurQueue }: { readonly isOurStorage: boolean; readonly isOurQueue: boolean },
): Promise<void> {
  const projectId = env.GOOGLE_CLOUD_PROJECT;
  const pubsub = createPubSub(projectId, { apiEndpoint: env.PUBSUB_EMULATOR_HOST, emulatorMode: true });
  const store = createObjectStore({ projectId, apiEndpoint: env.SEGUE_GCS_ENDPOINT });
  const names = createNames("segue");
  try {
    await refuseForeignCloud(pubsub, store, names);
    await ensureTopology(pubsub, store, deriveTopology(chain, names));
    // Others may be at work in what was given.
    if (isOurQueue) await forgetListeners(pubsub, names);
    if (isOurStorage) await forgetSteps(store, names);
  } finally {
    await pubsub.close();
  }
}
