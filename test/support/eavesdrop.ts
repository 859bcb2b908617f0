import type { Message, Subscription } from "@google-cloud/pubsub";
import { createNames, deriveTopology, localNaming, type SubscriptionSpec } from "@segue/chain";
import { ArtifactReady } from "@segue/contracts";
import project from "../../segue.config.ts";
import { pubsubOf } from "./cloud.ts";

/** What each step of the project's chain is told, by a subscription beside each of its own, with the same filter. */
export interface Eavesdropper extends AsyncDisposable {
  /** The steps that have heard of a track so far. */
  heardOf(trackId: string): ReadonlySet<string>;
}

/** @param env the fleet's. */
export async function eavesdrop(env: Readonly<Record<string, string>>): Promise<Eavesdropper> {
  const pubsub = pubsubOf(env);
  const heard = new Map<string, Set<string>>();
  const names = createNames(localNaming);
  const { chain } = project;
  const topology = deriveTopology(chain, names);
  const ears = await Promise.all(
    chain.steps.flatMap((step) =>
      chain.triggersOf(step).map(async (kind) => {
        const own = names.subscription(kind.name, step.name);
        const spec = topology.subscriptions.find(({ name }) => name === own);
        if (!spec) throw new Error(`expected a subscription ${own}`);
        return listen(spec, ({ request: { trackId } }) => {
          heard.set(trackId, (heard.get(trackId) ?? new Set()).add(step.name));
        });
      }),
    ),
  );
  return {
    heardOf: (trackId) => heard.get(trackId) ?? new Set(),
    async [Symbol.asyncDispose]() {
      await Promise.all(ears.map((ear) => ear.close()));
      await Promise.all(ears.map((ear) => ear.delete()));
      await pubsub.close();
    },
  };

  async function listen(
    { name, topic, filter }: SubscriptionSpec,
    onMessage: (message: ArtifactReady) => void,
  ): Promise<Subscription> {
    const [ear] = await pubsub.topic(topic).createSubscription(`${name}.ear`, { filter });
    ear.on("message", (message: Message) => {
      onMessage(ArtifactReady.parse(JSON.parse(message.data.toString())));
      message.ack();
    });
    return ear;
  }
}
