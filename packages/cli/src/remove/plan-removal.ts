import { createNames, type Names, priorities } from "@segue/chain";
import { StepDescription, stepObjectName } from "@segue/contracts";
import { readRunnerConfig } from "@segue/host";
import { createPubSub } from "@segue/queue";
import { createObjectStore, type ObjectStore } from "@segue/store";

/** Queue and storage of the fleet that is worked on. */
export interface Cloud extends AsyncDisposable {
  readonly pubsub: ReturnType<typeof createPubSub>;
  readonly store: ObjectStore;
  readonly names: Names;
}

/** @throws {ConfigError} */
export function openCloud(env: NodeJS.ProcessEnv): Cloud {
  const config = readRunnerConfig(env);
  const emulator = env.PUBSUB_EMULATOR_HOST;
  const pubsub = createPubSub(
    config.projectId,
    emulator ? { apiEndpoint: emulator, emulatorMode: true } : {},
  );
  return {
    pubsub,
    store: createObjectStore({ projectId: config.projectId, apiEndpoint: config.gcsEndpoint }),
    names: createNames(config.prefix),
    [Symbol.asyncDispose]: () => pubsub.close(),
  };
}

/** What goes with a step, by its full names, and the deed. */
export interface Removal {
  readonly resources: readonly string[];
  carryOut(): Promise<void>;
}

/**
 * A step's registration, and the subscriptions through which it hears of what it consumes. Its topic stays: others may
 * still listen there, and an idle one costs nothing. Undefined where no worker has registered such a step.
 */
export async function planRemoval(
  { pubsub, store, names }: Cloud,
  step: string,
): Promise<Removal | undefined> {
  const registration = { bucket: names.bucket("records"), name: stepObjectName(step) };
  if ((await store.statObject(registration)) === undefined) return undefined;
  const { consumes } = StepDescription.parse(await store.readJson(registration));
  const mine = new Set(
    Object.values(consumes).flatMap((kind) =>
      priorities.map((priority) => names.subscription(kind.name, step, priority)),
    ),
  );
  const [all] = await pubsub.getSubscriptions();
  const there = all.map(({ name }) => name.split("/").at(-1) ?? "").filter((name) => mine.has(name));
  return {
    resources: [
      `gs://${registration.bucket}/${registration.name}`,
      ...there.map((name) => `subscription ${name}`),
    ],
    async carryOut() {
      // First, so that no track wants it any more once it hears of none.
      await store.deleteObject(registration);
      await Promise.all(there.map((name) => pubsub.subscription(name).delete()));
    },
  };
}
