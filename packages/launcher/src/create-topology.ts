import { createNames, deriveTopology } from "@segue/chain";
import { createPubSub } from "@segue/queue";
import { createObjectStore } from "@segue/store";
import { readPrefix } from "./config.ts";
import { ensureTopology } from "./ensure-topology.ts";
import { findNaming, possibleNamings } from "./find-naming.ts";
import { forgetListeners } from "./forget-listeners.ts";
import { forgetSteps } from "./forget-steps.ts";
import { refuseForeignCloud } from "./refuse-foreign-cloud.ts";
import type { CloudEnv } from "./start-local-cloud.ts";

/**
 * Makes what a chain needs of topics, subscriptions and buckets, before any of its services starts.
 *
 * @param given the fleet's environment.
 * @returns what services are to be told of it.
 * @throws {ForeignEditionError}
 */
export async function createTopology(
  chain: Parameters<typeof deriveTopology>[0],
  env: CloudEnv,
  given: Readonly<Record<string, string>>,
): Promise<Record<"SEGUE_PREFIX" | "SEGUE_BUCKET_PREFIX", string>> {
  const projectId = env.GOOGLE_CLOUD_PROJECT;
  const pubsub = createPubSub(projectId, { apiEndpoint: env.PUBSUB_EMULATOR_HOST, emulatorMode: true });
  const store = createObjectStore({ projectId, apiEndpoint: env.SEGUE_GCS_ENDPOINT });
  try {
    const naming = await findNaming(store, possibleNamings(given, projectId, readPrefix(given)));
    const names = createNames(naming);
    await refuseForeignCloud(pubsub, store, names);
    await ensureTopology(pubsub, store, deriveTopology(chain, names));
    // Others may be at work in what was given.
    if (!given.PUBSUB_EMULATOR_HOST) await forgetListeners(pubsub, names);
    if (!given.SEGUE_GCS_ENDPOINT) await forgetSteps(store, names);
    return { SEGUE_PREFIX: naming.prefix, SEGUE_BUCKET_PREFIX: naming.bucketPrefix };
  } finally {
    await pubsub.close();
  }
}
