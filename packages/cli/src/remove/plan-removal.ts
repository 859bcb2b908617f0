import { type Chain, createNames, type Names, priorities } from "@segue/chain";
import { StepDescription, stepObjectName, stepObjectPrefix } from "@segue/contracts";
import { readRunnerConfig } from "@segue/host";
import { createPublisher, createPubSub, createSend } from "@segue/queue";
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
    names: createNames(config),
    [Symbol.asyncDispose]: () => pubsub.close(),
  };
}

/** What goes with a step, by its full names, and the deed. */
export interface Removal {
  readonly resources: readonly string[];
  carryOut(): Promise<void>;
}

/**
 * A step's registration, and the subscriptions through which it hears of what it consumes; those of its service's tasks too, where
 * that hosts no other. Topics stay: others may still listen or send there, and an idle one costs nothing. Undefined where no worker has
 * registered such a step.
 */
export async function planRemoval(
  cloud: Cloud,
  chain: Pick<Chain, "serviceOf">,
  step: string,
): Promise<Removal | undefined> {
  const { pubsub, store, names } = cloud;
  const registration = { bucket: names.bucket("records"), name: stepObjectName(step) };
  if ((await store.statObject(registration)) === undefined) return undefined;
  const { consumes, service = step } = StepDescription.parse(await store.readJson(registration));
  const isShared = (await readServices(cloud)).some(
    (other) => other.step !== step && other.service === service,
  );
  const mine = new Set(
    priorities.flatMap((priority) => [
      ...Object.values(consumes).map((kind) => names.subscription(kind.name, step, priority)),
      ...(isShared ? [] : [names.taskSubscription(service, priority)]),
    ]),
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
      const publisher = createPublisher(createSend(pubsub, names), chain);
      await publisher.news({ v: 1, type: "StepsRegistered", generations: { [step]: null } });
      await Promise.all(there.map((name) => pubsub.subscription(name).delete()));
    },
  };
}

/** Which service hosts each registered step. */
async function readServices({ store, names }: Cloud): Promise<{ step: string; service: string }[]> {
  const found: { step: string; service: string }[] = [];
  const place = { bucket: names.bucket("records"), prefix: stepObjectPrefix };
  for await (const { name, bucket } of store.walkObjects(place)) {
    const description = StepDescription.safeParse(await store.readJson({ bucket, name }));
    if (!description.success) continue;
    const { name: step, service = step } = description.data;
    found.push({ step, service });
  }
  return found;
}
