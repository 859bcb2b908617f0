import { createNoopMeter } from "@opentelemetry/api";
import { createNames } from "@segue/chain";
import type { PlacedFleet, ServiceContext } from "@segue/step";
import type { Cloud } from "../world/cloud.ts";
import { createPubSubClient } from "../world/pubsub-client.ts";
import { createStore } from "../world/store.ts";
import { createSimLog } from "./log.ts";

export const names = createNames({ projectId: "test", prefix: "toy", bucketPrefix: "toy" });

/** What a service process is given: clients of its own, which lead to the world's cloud. Called when it is its turn. */
export function createContext(
  cloud: Cloud,
  fleet: PlacedFleet,
  env: Readonly<Record<string, string>>,
): ServiceContext {
  return {
    chain: fleet.chain,
    names,
    pubsub: createPubSubClient(cloud),
    store: createStore(cloud),
    log: createSimLog(cloud.scheduler),
    meter: createNoopMeter(),
    env,
  };
}
