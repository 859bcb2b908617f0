import { defineKind, factAttributes, Master, type RequestBlock, type StepSpec } from "@segue/contracts";
import { expect, test } from "vitest";
import { z } from "zod";
import { addressOf, canonicalJson, outputAddress } from "./address.ts";
import { ChainError, createChain, mostSteps } from "./chain.ts";
import { createNames } from "./names.ts";
import { deriveTopology } from "./topology.ts";

const kind = (name: string, retention: "intermediate" | "derivative") =>
  defineKind({ name, retention, payload: null, facts: z.unknown() });
const A = kind("a", "intermediate");
const B = kind("b", "intermediate");
const X = kind("x", "derivative");
const Y = kind("y", "derivative");

const spec = (
  name: string,
  consumes: StepSpec["consumes"],
  produces: StepSpec["produces"],
  version = 1,
): StepSpec => ({
  name,
  version,
  params: null,
  model: null,
  consumes,
  produces,
  budget: { timeMs: 10_000, memoryMiB: 512 },
  accelerator: null,
});

const toA = spec("to-a", { master: Master }, A);
const toB = spec("to-b", { a: A }, B);
const toX = spec("to-x", { b: B }, X);
const toY = spec("to-y", { master: Master, a: A }, Y);
// Given in no order.
const chain = createChain([toY, toX, toB, toA]);
const master = "0".repeat(64);

test("steps come in an order in which inputs exist before they are consumed", () => {
  const order = chain.steps.map((step) => step.name);
  expect(order.indexOf("to-a")).toBeLessThan(order.indexOf("to-b"));
  expect(order.indexOf("to-b")).toBeLessThan(order.indexOf("to-x"));
  expect(order.indexOf("to-a")).toBeLessThan(order.indexOf("to-y"));
});

test("only the input that comes last triggers a step with several", () => {
  expect(chain.triggersOf(toY).map((k) => k.name)).toEqual(["a"]);
  const joins = spec("joins", { b: B, y: Y }, kind("z", "derivative"));
  expect(
    createChain([toA, toB, toY, joins])
      .triggersOf(joins)
      .map((k) => k.name),
  ).toEqual(["b", "y"]);
});

test("wants are the targets' steps and all that they depend on, nothing else", () => {
  expect(chain.wantsFor(["y"]).map((step) => step.name)).toEqual(["to-a", "to-y"]);
  expect(chain.targets).toEqual(expect.arrayContaining(["x", "y"]));
  expect(() => chain.wantsFor(["a"])).toThrow(new ChainError('no target "a"; there are: y, x'));
});

test("a target that is made only by name is none by default, and whatever is needed for it is not wanted without it", () => {
  const Rare = defineKind({
    name: "rare",
    retention: "derivative",
    payload: null,
    facts: z.unknown(),
    defaultTarget: false,
  });
  const withRare = createChain([toY, toX, toB, toA, spec("to-rare", { b: B }, Rare)]);
  expect(withRare.targets).toEqual([...chain.targets, "rare"]);
  expect(withRare.defaultTargets).toEqual(chain.targets);
  expect(withRare.wantsFor(["rare"]).map(({ name }) => name)).toEqual(["to-a", "to-b", "to-rare"]);
  // Not part of any address: it may change from day to day.
  const always = createChain([toA, toB, spec("to-rare", { b: B }, kind("rare", "derivative"))]);
  expect(withRare.addressesFor(master).get("rare")).toBe(always.addressesFor(master).get("rare"));
});

test("raising a version changes that step's address and what follows, nothing else", () => {
  const before = chain.addressesFor(master);
  const after = createChain([toA, spec("to-b", { a: A }, B, 2), toX, toY]).addressesFor(master);
  expect(after.get("a")).toBe(before.get("a"));
  expect(after.get("y")).toBe(before.get("y"));
  expect(after.get("b")).not.toBe(before.get("b"));
  expect(after.get("x")).not.toBe(before.get("x"));
});

test("addresses depend on params, model and inputs, not on the order of keys", () => {
  const inputs = { one: "1".repeat(64), two: "2".repeat(64) };
  const base = { name: "s", version: 1, produces: X, params: { a: 1, b: [2, 3] }, model: null };
  expect(addressOf(base, inputs)).toBe(
    addressOf({ ...base, params: { b: [2, 3], a: 1 } }, { two: inputs.two, one: inputs.one }),
  );
  expect(addressOf(base, inputs)).not.toBe(addressOf({ ...base, params: { a: 1, b: [3, 2] } }, inputs));
  expect(addressOf(base, inputs)).not.toBe(
    addressOf({ ...base, model: { name: "m", version: "1", digest: "d" } }, inputs),
  );
  expect(addressOf(base, inputs)).not.toBe(addressOf(base, { one: inputs.two, two: inputs.one }));
  expect(canonicalJson({ b: 1, a: "é" })).toBe('{"a":"é","b":1}');
});

test.each([
  ["two steps of one name", [toA, toA], 'two steps are named "to-a"'],
  ["two producers", [toA, spec("other", { master: Master }, A)], '"a" is produced by to-a and by other'],
  ["an unknown input", [toB], 'to-b consumes "a", which no step produces'],
  ["a cycle", [spec("p", { b: B }, A), spec("q", { a: A }, B)], "steps form a cycle: p -> q -> p"],
])("%s is refused with names", (_what, steps, message) => {
  expect(() => createChain(steps)).toThrow(message);
});

test("a chain has no more steps than a message that wants all of them has room for", () => {
  const steps = Array.from({ length: mostSteps }, (_, n) =>
    spec(`step-${n}`, { master: Master }, kind(`kind-${n}`, "derivative")),
  );
  const wants = createChain(steps).steps.map(({ name }) => name);
  const request = { wants, priority: "backfill", trackId: "t" } as unknown as RequestBlock;
  // Beside these: the story, what was tried before, what Pub/Sub says of dead letters, and the trace.
  expect(Object.keys(factAttributes({ request })).length).toBeLessThanOrEqual(85);
  const another = spec("another", { master: Master }, kind("another", "derivative"));
  expect(() => createChain([...steps, another])).toThrow(
    `expected at most ${mostSteps} steps, got ${mostSteps + 1}`,
  );
});

test("the topology has a topic per kind and a filtered subscription per trigger", () => {
  const topology = deriveTopology(chain, createNames({ projectId: "test", prefix: "t" }));
  expect(topology.topics).toEqual(
    expect.arrayContaining(["t.master", "t.a", "t.x", "t.outcomes", "t.dead-letter"]),
  );
  const toYs = topology.subscriptions.filter((s) => s.name.endsWith(".to-y"));
  expect(toYs).toHaveLength(1);
  expect(toYs[0]).toMatchObject({
    name: "t.a.to-y",
    topic: "t.a",
    filter: 'attributes:"want.to-y" AND NOT attributes:"backfill"',
  });
  // A dead-letter topic without a subscription loses messages.
  expect(topology.subscriptions.map((s) => s.name)).toContain("t.dead-letter.catalog");
});

test("several outputs have addresses of their own, which follow from the step's", () => {
  const P = kind("p", "intermediate");
  const Q = kind("q", "derivative");
  const several = spec("makes", { master: Master }, { first: P, second: Q });
  const takes = spec("takes", { p: P, q: Q }, X);
  const made = createChain([several, takes]);
  expect(made.kinds.map(({ name }) => name)).toEqual(["master", "p", "q", "x"]);
  expect(made.targets).toEqual(["q", "x"]);
  expect(made.wantsFor(["q"]).map(({ name }) => name)).toEqual(["makes"]);
  expect([made.producerOf("p"), made.producerOf("q")]).toEqual([several, several]);
  // Both come in one go: one of them is enough to set it off.
  expect(made.triggersOf(takes).map(({ name }) => name)).toEqual(["p"]);
  const addresses = made.addressesFor(master);
  expect(addresses.get("p")).toBe(outputAddress(addresses.get("makes") ?? "", "p"));
  expect(new Set(addresses.values()).size).toBe(5);

  // Neither their order nor their names in the code are part of it, nor is another output.
  const other = spec("makes", { master: Master }, { b: Q, a: P, c: Y });
  const after = createChain([other, takes]).addressesFor(master);
  for (const [name, address] of addresses) expect(after.get(name)).toBe(address);
  // A step that comes to have several makes all of it anew: its artifact is not read as the record of several.
  const one = createChain([spec("makes", { master: Master }, P)]).addressesFor(master);
  expect(one.get("p")).not.toBe(addresses.get("makes"));
  expect(made.addressesFor(master, { makes: "e".repeat(64) }).get("q")).toBe(
    outputAddress("e".repeat(64), "q"),
  );
});

test("the record of several outputs has a name that no kind has", () => {
  const P = kind("p", "derivative");
  const named = spec("p", { master: Master }, { p: P });
  expect(() => createChain([named])).toThrow(
    'p: a step with several outputs has no kind\'s name; "p" is produced by p',
  );
  const twice = spec("again", { master: Master }, { p: P });
  expect(() => createChain([spec("first", { master: Master }, { p: P }), twice])).toThrow(
    '"p" is produced by first and by again',
  );
});

test("buckets are named for their project, whose name is nobody else's in the world", () => {
  const { bucket, topic, earlierBuckets } = createNames({ projectId: "music-prod", prefix: "segue" });
  expect([bucket("records"), topic("pcm"), earlierBuckets]).toEqual([
    "music-prod-segue-records",
    "segue.pcm",
    "segue",
  ]);
  // A domain's own project.
  expect(createNames({ projectId: "example.com:music", prefix: "s" }).bucket("masters")).toBe(
    "example-com-music-s-masters",
  );
  const given = createNames({ projectId: "music-prod", prefix: "segue", bucketPrefix: "segue" });
  expect([given.bucket("scratch"), given.earlierBuckets]).toEqual(["segue-scratch", null]);
});
