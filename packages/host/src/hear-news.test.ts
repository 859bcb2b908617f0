// Servers that are told of what workers register, over a real queue and a real storage server.
import type { PubSub } from "@google-cloud/pubsub";
import { createLiveChain, newsTopic } from "@segue/chain";
import type { News, StepsRegistered } from "@segue/contracts";
import { createPublisher, createSend } from "@segue/queue";
import type { ObjectStore } from "@segue/store";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  base,
  countListings,
  listen,
  type NewsQueue,
  names,
  type Registry,
  refOf,
  startNewsQueue,
  startRegistry,
  toB,
  toB2,
} from "./fixtures/registry-cloud.ts";
import { hearNews } from "./hear-news.ts";
import { registerSteps } from "./register-steps.ts";
import { watchChain } from "./watch-chain.ts";

let registry: Registry;
let store: ObjectStore;
let queue: NewsQueue;
let pubsub: PubSub;
let stops: (() => unknown)[];
beforeEach(async () => {
  [registry, queue] = await Promise.all([startRegistry(), startNewsQueue()]);
  store = registry.store;
  pubsub = queue.connect();
  stops = [];
});
afterEach(async () => {
  await Promise.all(stops.map((stop) => stop()));
  await pubsub.close();
  await queue[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
});

const serviceOf = () => "a-service";
const publisher = () => createPublisher(createSend(pubsub, names), { serviceOf });
const mute = { news: async () => {} };
const tell = (generations: StepsRegistered["generations"]) =>
  publisher().news({ v: 1, type: "StepsRegistered", generations });
const listeners = async () => (await pubsub.topic(names.topic(newsTopic)).getSubscriptions())[0];
const isThere = (step: string) => expect.poll(() => store.statObject(refOf(step))).toBeDefined();

function register(
  steps: Parameters<typeof registerSteps>[0],
  through: Parameters<typeof registerSteps>[1]["publisher"] = publisher(),
) {
  const { lines, log } = listen();
  const { stop } = registerSteps(steps, { store, names, log, publisher: through, chain: { serviceOf } });
  stops.push(stop);
  return { lines, stop };
}

/** A server that hears the news, and by itself does not look again. */
function watch() {
  const { lines, log } = listen();
  const chain = createLiveChain(base);
  const { counted, listings } = countListings(store);
  const hearing = hearNews({ pubsub, names, log, server: "a-server" });
  const watching = watchChain(chain, { store: counted, hearing, names, log, pollMs: 3_600_000 });
  const stop = () => {
    watching.stop();
    return hearing.stop();
  };
  stops.push(stop);
  const versions = () => chain.steps.map((step) => `${step.name}@${step.version}`).join(" ");
  return { looked: watching.looked, hearing, versions, lines, listings, stop };
}

test("every server is told of what registers, is raised and is taken out, and asks storage no more often", async () => {
  const servers = [watch(), watch()];
  await Promise.all(servers.map(({ looked }) => looked));
  const versions = () => servers.map((each) => each.versions());
  register([toB]).stop();
  await expect.poll(versions).toEqual(["to-a@1 to-b@1", "to-a@1 to-b@1"]);
  register([toB2]);
  await expect.poll(versions).toEqual(["to-a@1 to-b@2", "to-a@1 to-b@2"]);
  const before = servers.map(({ listings }) => listings());
  // As each worker does that starts later: it is no news.
  await tell({ "to-b": (await store.statObject(refOf("to-b")))?.generation ?? "none" });
  await store.deleteObject(refOf("to-b"));
  await tell({ "to-b": null });
  await expect.poll(versions).toEqual(["to-a@1", "to-a@1"]);
  expect(servers.map(({ listings }) => listings())).toEqual(before.map((listings) => listings + 1));
});

test("a server that stops leaves no subscription behind", async () => {
  const { looked, stop } = watch();
  await looked;
  expect(await listeners()).toHaveLength(1);
  await stop();
  expect(await listeners()).toEqual([]);
});

test("a worker that was killed between writing and telling tells when it starts again", async () => {
  const { looked, versions } = watch();
  await looked;
  register([toB], mute).stop();
  await isThere("to-b");
  register([toB]);
  await expect.poll(versions).toBe("to-a@1 to-b@1");
});

test("what a worker could not tell it tells later", async () => {
  const { looked, versions } = watch();
  await looked;
  let tries = 0;
  const { lines } = register([toB], {
    async news(news: News) {
      tries += 1;
      if (tries === 1) throw new Error("the queue is away");
      await publisher().news(news);
    },
  });
  await expect.poll(versions).toBe("to-a@1 to-b@1");
  expect(lines).toEqual(["steps can't be registered yet"]);
});

test("a subscription that somebody has deleted is made again, and what was missed meanwhile is found", async () => {
  const { looked, versions } = watch();
  await looked;
  const [first] = await listeners();
  await first?.delete();
  register([toB]);
  await expect.poll(versions).toBe("to-a@1 to-b@1");
  expect((await listeners()).map(({ name }) => name)).toEqual([first?.name]);
});

/** Errors of a stream in the same words each time: what a server says of one that is gone while it is pulled, and of one that was gone before, is its own. */
function tellAlike() {
  const make = pubsub.subscription.bind(pubsub);
  pubsub.subscription = (name, options) => {
    const subscription = make(name, options);
    const emit = subscription.emit.bind(subscription);
    subscription.emit = (event: string | symbol, ...values: unknown[]) => {
      for (const value of values)
        if (event === "error" && value instanceof Error) value.message = "it is gone";
      return emit(event, ...values);
    };
    return subscription;
  };
}

test("nor is it lost where it is deleted again and again with no news between", async () => {
  tellAlike();
  const { looked, versions, hearing } = watch();
  await looked;
  for (let times = 0; times < 3; times++) {
    const [there] = await listeners();
    await there?.delete();
    await expect.poll(async () => (await listeners()).length, { timeout: 20_000 }).toBe(1);
    await expect.poll(() => hearing.isListening()).toBe(true);
    // Its stream is opened again a second after it was closed.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
  }
  register([toB]);
  await expect.poll(versions).toBe("to-a@1 to-b@1");
});

test("what can't be read is no news of anything that is known: storage is asked", async () => {
  const { looked, versions } = watch();
  await looked;
  register([toB], mute).stop();
  await isThere("to-b");
  await pubsub
    .topic(names.topic(newsTopic))
    .publishMessage({ data: Buffer.from('{"v":1,"type":"Younger"}') });
  await expect.poll(versions).toBe("to-a@1 to-b@1");
});

test("a server starts while the queue is away, asks storage itself, and hears the news once it is back", async () => {
  await queue.goAway();
  register([toB], mute).stop();
  await isThere("to-b");
  const { looked, versions, lines, hearing } = watch();
  await looked;
  expect(versions()).toBe("to-a@1 to-b@1");
  await expect.poll(() => lines).toEqual(["news can't be heard; storage is asked instead"]);
  await queue.comeBack();
  await expect.poll(() => hearing.isListening()).toBe(true);
  register([toB2]);
  await expect.poll(versions).toBe("to-a@1 to-b@2");
});
