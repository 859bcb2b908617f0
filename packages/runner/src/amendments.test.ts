// A plan that was made with another release than the one that carries it out: during every deployment, and after a rollback.
import { addressOf, planRequest } from "@segue/chain";
import type { ArtifactReady, Attempt } from "@segue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { defineJoin } from "./fixtures/define-join.ts";
import { read } from "./fixtures/fleet.ts";
import { ask, createHarness, requestId as requestIdOf, taskOf } from "./fixtures/harness.ts";
import { finished, poolOf } from "./fixtures/pool-of.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness[Symbol.asyncDispose]());

const { join, chainOf } = defineJoin(z.object({}));
const yesterdays = chainOf(1, 1);
const pool = poolOf(async () => finished({}));

let tracks = 0;
/** A track that was planned yesterday. */
async function accept(text: string, wants: string[]): Promise<ArtifactReady> {
  const { request, ...fact } = await harness.accept(text, wants);
  return {
    ...fact,
    request: planRequest(yesterdays, { ...request, requestId: requestIdOf(100 + tracks++) }),
  };
}

let made = 0;

/** Each is made after the one before. */
function attemptNow(): Attempt {
  made += 1;
  const at = new Date(1_000 * made).toISOString();
  const spent = { durationMs: 0, cpuMs: null, gpuMs: null };
  return { worker: "of today", startedAt: at, finishedAt: at, ...spent, deliveryAttempt: 1, earlier: [] };
}

/** Stores what a producer of today has made, and says what it announces. */
async function make(track: ArtifactReady, name: "a" | "b", version: number): Promise<ArtifactReady> {
  const today = name === "a" ? chainOf(version, 1) : chainOf(1, version);
  const record = {
    v: 1 as const,
    address: today.addressesFor(track.request.master).get(name) ?? "",
    kind: name,
    step: { name: `make-${name}`, version },
    inputs: { master: track.request.master },
    outcome: { status: "succeeded" as const, facts: {}, payload: null },
    attempt: attemptNow(),
  };
  await harness.artifacts.storeRecord(harness.chain.storedKind(name), record, { replace: false });
  const { request } = track;
  // A producer that makes it elsewhere than planned says so, before it announces it.
  if (request.addresses[name] === record.address) return { ...track, record };
  await harness.partsFor(join).amendments.note({ requestId: request.requestId, kind: name }, record.address);
  return { ...ask(track, { addresses: { ...request.addresses, [name]: record.address } }), record };
}

const deliver = async (message: ArtifactReady) =>
  (await harness.deliver(join, message, { parts: { chain: yesterdays, pool } })).ending;

test.each([
  ["the younger input comes first", ["a", "b"], 2, 1],
  ["the younger input comes last", ["b", "a"], 2, 1],
  ["both are younger", ["a", "b"], 2, 3],
  ["none is", ["a", "b"], 1, 1],
] as const)("it runs in the end: %s", async (what, order, a, b) => {
  const track = await accept(what, ["make-a", "make-b", "join"]);
  const versions = { a, b };
  const endings: string[] = [];
  for (const name of order) endings.push(await deliver(await make(track, name, versions[name])));
  expect(endings).toEqual(["not-yet", "computed"]);
  const expected = {
    a: chainOf(a, 1).addressesFor(track.request.master).get("a") ?? "",
    b: chainOf(1, b).addressesFor(track.request.master).get("b") ?? "",
  };
  expect(harness.outcomes.at(-1)?.address).toBe(addressOf(join, expected));
});

test("facts of another form, by a producer that is younger than this worker, are for a younger join", async () => {
  const track = await accept("other facts", ["make-a", "make-b", "join"]);
  await deliver(await make(track, "b", 1));
  const a = await make(track, "a", 2);
  const record = {
    ...a.record,
    outcome: { status: "succeeded" as const, facts: "of tomorrow", payload: null },
  };
  expect(await deliver({ ...a, record })).toBe("handed-back");
  // By the version that this worker knows, it is a defect, and counts.
  const step = { name: "make-a", version: 1 };
  expect(await deliver({ ...a, record: { ...record, step } })).toBe("retried");
});

test("when both come at the same moment at least one handler sees both", async () => {
  for (let round = 0; round < 10; round++) {
    const track = await accept(`both at once ${round}`, ["make-a", "make-b", "join"]);
    const messages = [await make(track, "a", 2), await make(track, "b", 2)];
    const endings = await Promise.all(messages.map(deliver));
    expect(endings).toContain("computed");
  }
});

test("what is made elsewhere than planned is noted before it is told, in what is told and for joins", async () => {
  const planned = await harness.accept("made by a younger worker", ["read", "words"]);
  const young = { ...read, version: 2 };
  expect((await harness.deliver(young, planned)).ending).toBe("computed");
  const [fact] = harness.ready.slice(-1);
  const { requestId, master, addresses } = planned.request;
  const address = addressOf(young, { master });
  expect(address).not.toBe(addresses.text);
  expect(fact?.record.address).toBe(address);
  expect(fact?.request.addresses).toEqual({ ...addresses, text: address });
  expect(await harness.partsFor(read).amendments.find({ requestId, kind: "text" })).toBe(address);
  // As planned, nothing is written.
  const other = ask(await harness.accept("as planned"), { requestId: requestIdOf(7) });
  await harness.deliver(read, other);
  expect(
    await harness.partsFor(read).amendments.find({ requestId: requestIdOf(7), kind: "text" }),
  ).toBeUndefined();
});

test("a task looks for what was amended before it has anything made", async () => {
  const track = await accept("a task", ["make-a", "make-b", "join"]);
  await make(track, "a", 2);
  await make(track, "b", 1);
  const task = taskOf("Run", "join", track.request);
  const { ending } = await harness.deliver(join, task, { parts: { chain: yesterdays, pool } });
  expect(ending).toBe("computed");
  expect(harness.tasks).toEqual([]);
});
