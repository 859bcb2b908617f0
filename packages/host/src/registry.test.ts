// Workers that register, and servers that follow, over a real storage server.
import { createLiveChain } from "@segue/chain";
import { stepSpec } from "@segue/chain/testing";
import { defineKind, hint, type StepDescription } from "@segue/contracts";
import type { ObjectStore } from "@segue/store";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import {
  A,
  base,
  listen,
  names,
  type Registry,
  refOf,
  startRegistry,
  toA,
  toB,
  toB2,
} from "./fixtures/registry-cloud.ts";
import { registerSteps } from "./register-steps.ts";
import { watchChain } from "./watch-chain.ts";

/** Nobody tells anything: what a server does not see in storage it does not come to know. */
const hearing = { isListening: () => false, onNews: () => {} };
const publisher = { news: async () => {} };

let registry: Registry;
let store: ObjectStore;
let stops: (() => void)[];
beforeEach(async () => {
  registry = await startRegistry();
  store = registry.store;
  stops = [];
});
afterEach(async () => {
  for (const stop of stops) stop();
  await registry[Symbol.asyncDispose]();
});

const stored = (step: string) => registry.stored(step);
const put = (step: string, text: string) => registry.put(step, text);
function register(steps: Parameters<typeof registerSteps>[0], through: ObjectStore = store) {
  const { lines, log } = listen();
  const { stop } = registerSteps(steps, {
    store: through,
    names,
    log,
    publisher,
    chain: { serviceOf: () => "a-service" },
  });
  stops.push(stop);
  return { lines, stop };
}
function watch() {
  const { lines, log } = listen();
  const chain = createLiveChain(base);
  const watching = watchChain(chain, { store, names, hearing, log, pollMs: 20 });
  stops.push(watching.stop);
  return {
    ...watching,
    chain,
    lines,
    versions: () => chain.steps.map((step) => `${step.name}@${step.version}`),
  };
}

test("a server takes a kind's schema and hints from storage, and other hints of the same version too", async () => {
  const { chain, looked } = watch();
  await looked;
  const kindWith = (unit: string, defaultTarget: boolean) =>
    defineKind({
      name: "level",
      retention: "derivative",
      payload: null,
      defaultTarget,
      facts: z.object({ level: z.number().meta(hint({ display: { as: "summary", unit } })) }),
    });
  const told = () => chain.kinds.find(({ name }) => name === "level");
  const [rough, fine] = [kindWith("dB", false), kindWith("LUFS", true)];
  const worker = register([stepSpec("to-level", [A], rough)]);
  await expect.poll(() => told()?.schema).toEqual(rough.schema);
  expect([told()?.defaultTarget, chain.defaultTargets, chain.targets]).toEqual([
    false,
    ["a"],
    ["a", "level"],
  ]);
  expect(told()?.facts.safeParse({ level: -14 }).success).toBe(true);
  expect(told()?.facts.safeParse({ level: "loud" }).success).toBe(false);
  worker.stop();
  register([stepSpec("to-level", [A], fine)]);
  await expect.poll(() => told()?.schema).toEqual(fine.schema);
  expect(chain.defaultTargets).toEqual(["a", "level"]);
});

test("a server follows what registers, is raised, and is taken out", async () => {
  const { chain, versions, looked, lines } = watch();
  await looked;
  expect(versions()).toEqual(["to-a@1"]);
  register([toB]).stop();
  await expect.poll(versions).toEqual(["to-a@1", "to-b@1"]);
  expect(chain.targets).toEqual(["a", "b"]);
  register([toB2]).stop();
  await expect.poll(versions).toEqual(["to-a@1", "to-b@2"]);
  await store.deleteObject(refOf("to-b"));
  await expect.poll(versions).toEqual(["to-a@1"]);
  expect(lines).toEqual([]);
});

test("an older worker that starts again leaves a newer one's description alone", async () => {
  register([toB2]);
  await expect.poll(() => store.statObject(refOf("to-b"))).toBeDefined();
  // The second tells when the first has been dealt with.
  register([toB, toA]);
  await expect.poll(() => store.statObject(refOf("to-a"))).toBeDefined();
  expect((await stored("to-b")).version).toBe(2);
});

test("of workers that register at the same moment the highest version holds, whoever was faster", async () => {
  // Both have looked before either writes.
  let waiting = 0;
  let go = () => {};
  const both = new Promise<void>((resolve) => {
    go = resolve;
  });
  const slow: ObjectStore = {
    ...store,
    async writeObject(request) {
      waiting += 1;
      if (waiting === 2) go();
      await both;
      // The older one writes last.
      if (JSON.parse(String(request.body)).version === 1)
        await expect.poll(() => store.statObject(refOf("to-b"))).toBeDefined();
      return store.writeObject(request);
    },
  };
  register([toB, toA], slow);
  register([toB2], slow);
  // The older one has dealt with its first step when it comes to its second.
  await expect.poll(() => store.statObject(refOf("to-a"))).toBeDefined();
  expect((await stored("to-b")).version).toBe(2);
});

test("a description that is raised between a worker's look and its write is left alone", async () => {
  register([toB]).stop();
  await expect.poll(() => store.statObject(refOf("to-b"))).toBeDefined();
  const older = { ...toB, params: { of: "an older worker" } };
  let isOvertaken = false;
  const overtaken: ObjectStore = {
    ...store,
    async writeObject(request) {
      if (!isOvertaken) await put("to-b", JSON.stringify({ ...(await stored("to-b")), version: 3 }));
      isOvertaken = true;
      return store.writeObject(request);
    },
  };
  register([older, toA], overtaken);
  await expect.poll(() => store.statObject(refOf("to-a"))).toBeDefined();
  expect(isOvertaken).toBe(true);
  expect((await stored("to-b")).version).toBe(3);
});

test("storage that is away holds up neither a worker's start nor its stop, and the step is registered later", async () => {
  await registry.goAway();
  const { lines, stop } = register([toB]);
  await expect.poll(() => lines).toEqual(["steps can't be registered yet"]);
  // What has stopped says no more; what has not goes on.
  stop();
  register([toB]);
  await registry.comeBack();
  await expect.poll(() => store.statObject(refOf("to-b"))).toBeDefined();
});

test("storage that is away leaves a server the chain that it had", async () => {
  const { versions, lines } = watch();
  register([toB]).stop();
  await expect.poll(versions).toEqual(["to-a@1", "to-b@1"]);
  await registry.goAway();
  await expect.poll(() => lines).toEqual(["registered steps can't be read; the chain stays as it was"]);
  expect(versions()).toEqual(["to-a@1", "to-b@1"]);
  await registry.comeBack();
  await store.deleteObject(refOf("to-b"));
  await expect.poll(versions).toEqual(["to-a@1"]);
});

test.each([
  ["no JSON", "steps/bad.json", "{"],
  ["of a later form", "steps/bad.json", JSON.stringify({ v: 2, name: "bad" })],
  ["another step's", 'got "to-b"', undefined],
  ["a second producer", '"a" is produced by to-a and by bad', JSON.stringify(descriptionOf("bad", "a"))],
])("a description that is %s is left out and told once; the others join", async (_what, words, text) => {
  const told: string[] = [];
  const { lines, log } = listen();
  log.error = (fields: object, message: string) => void told.push(`${message} ${JSON.stringify(fields)}`);
  register([toB]).stop();
  await expect.poll(() => store.statObject(refOf("to-b"))).toBeDefined();
  await put("bad", text ?? JSON.stringify(await stored("to-b")));
  const chain = createLiveChain(base);
  const { looked, stop } = watchChain(chain, { store, names, hearing, log, pollMs: 20 });
  stops.push(stop);
  await looked;
  expect(chain.targets).toEqual(["a", "b"]);
  // Several looks later.
  register([{ ...toB, version: 5 }]).stop();
  await expect.poll(() => chain.step("to-b").version).toBe(5);
  expect(told).toHaveLength(1);
  expect(told[0]?.replaceAll("\\", "")).toContain(words);
  expect(lines).toEqual([]);
});

function descriptionOf(name: string, produces: string): StepDescription {
  const { budget, params, model } = toA;
  const master = { name: "master", retention: "derivative" as const, payload: null };
  return {
    v: 1,
    name,
    version: 1,
    params: params === null ? null : {},
    model,
    consumes: { master },
    produces: {
      ...{ name: produces, retention: "derivative", payload: null, facts: {}, defaultTarget: true },
      renderings: {},
    },
    budget,
    accelerator: null,
    errors: [],
  };
}
