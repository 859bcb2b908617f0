// A join of inputs that its request forces: whichever comes first, it is made once, of both.
import { planRequest } from "@segue/chain";
import { type ArtifactReady, createId, type Task } from "@segue/contracts";
import type { AnyStep } from "@segue/step";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { defineJoin } from "./fixtures/define-join.ts";
import { ask, createHarness, requestId, taskOf } from "./fixtures/harness.ts";
import { finished, poolOf } from "./fixtures/pool-of.ts";
import type { StepPool } from "./step-pool.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness[Symbol.asyncDispose]());

const { join, chainOf } = defineJoin(z.object({ number: z.int() }));
const chain = chainOf(1, 1);
const makeA = chain.step("make-a");
const makeB = chain.step("make-b");
const steps = ["make-a", "make-b", "join"];

/** What each attempt of the join was given; every result is another one. */
const joined: { readonly a: unknown; readonly b: unknown }[] = [];
let results = 0;
const pool = poolOf(async ({ inputs: { a, b } }) => {
  if (a && b) joined.push({ a: a.facts, b: b.facts });
  results += 1;
  return finished({ number: results });
});

async function deliver(step: AnyStep, message: ArtifactReady | Task) {
  const { ending } = await harness.deliver(step, message, { parts: { chain, pool } });
  return { ending, fact: harness.ready.pop() };
}

/** Makes one, and tells the join. */
async function makeAndTell(step: AnyStep, message: ArtifactReady) {
  const { fact } = await deliver(step, message);
  if (!fact) throw new Error("expected a fact");
  const { outcome } = fact.record;
  const { ending } = await deliver(join, fact);
  return { ending, facts: outcome.status === "succeeded" ? outcome.facts : null };
}

async function madeBefore(text: string): Promise<ArtifactReady> {
  const { request, ...fact } = await harness.accept(text, steps);
  const message = { ...fact, request: planRequest(chain, request) };
  await makeAndTell(makeA, message);
  expect((await makeAndTell(makeB, message)).ending).toBe("computed");
  joined.length = 0;
  return message;
}

test.each([
  ["a", [makeA, makeB], 1],
  ["b", [makeB, makeA], 2],
] as const)("it waits for both, where %s comes first", async (name, order, number) => {
  const message = await madeBefore(`forced, ${name} first`);
  const forced = ask(message, { requestId: requestId(number), force: steps });
  const first = await makeAndTell(order[0], forced);
  const last = await makeAndTell(order[1], forced);
  expect([first.ending, last.ending]).toEqual(["not-yet", "computed"]);
  const [a, b] = name === "a" ? [first, last] : [last, first];
  expect(joined).toEqual([{ a: a.facts, b: b.facts }]);
});

test("it does not wait for what is not forced, nor after a task for what another request has forced since", async () => {
  const message = await madeBefore("forced in part");
  const part = ask(message, { requestId: requestId(3), force: ["make-a", "join"] });
  expect((await makeAndTell(makeA, part)).ending).toBe("computed");
  const all = ask(message, { requestId: requestId(4), force: steps });
  expect((await deliver(join, taskOf("Run", "join", all.request))).ending).toBe("computed");
});

test("what another request has forced again since has been made for the first as well", async () => {
  const message = await madeBefore("forced by two at once");
  const [one, other] = [5, 6].map((number) => ask(message, { requestId: requestId(number), force: steps }));
  if (!one || !other) throw new Error("expected two requests");
  expect((await makeAndTell(makeA, one)).ending).toBe("not-yet");
  expect((await makeAndTell(makeA, other)).ending).toBe("not-yet");
  expect((await makeAndTell(makeB, one)).ending).toBe("computed");
  // Nor is it made again when the first one's message comes again.
  expect((await deliver(makeA, one)).ending).toBe("skipped");
  expect((await makeAndTell(makeB, other)).ending).toBe("computed");
});

test("what was made at the same moment for a request that forces nothing does not stand in for it", async () => {
  const { request, ...fact } = await harness.accept("made for two at once", steps);
  const ordinary = { ...fact, request: planRequest(chain, request) };
  const forced = ask(ordinary, { requestId: requestId(7), force: steps });
  const meanwhile: StepPool = {
    ...pool,
    async run(run) {
      expect((await deliver(makeA, ordinary)).ending).toBe("computed");
      return await pool.run(run);
    },
  };
  const { ending } = await harness.deliver(makeA, forced, { parts: { chain, pool: meanwhile } });
  expect(ending).toBe("computed");
  const made = harness.ready.pop();
  expect(made?.record.requestId).toBe(requestId(7));
  if (made) expect((await deliver(join, made)).ending).toBe("not-yet");
  expect((await makeAndTell(makeB, forced)).ending).toBe("computed");
});

/** So many tracks of one master, each replayed by itself, or all by one backfill. */
const manyRequests = (message: ArtifactReady, everyMs: number, force = steps) =>
  Array.from({ length: 20 }, (_, n) => {
    const madeAt = new Date(Date.UTC(2026, 0, 1) + n * everyMs);
    return ask(message, { requestId: createId(madeAt), force });
  });

test.each([
  ["replays, one after the other", 1_000],
  ["items of a backfill", 0],
])(
  "of 20 tracks of one master each has its join, whatever the others have forced meanwhile: %s",
  async (what, everyMs) => {
    const message = await madeBefore(`one master, 20 tracks: ${what}`);
    const all = manyRequests(message, everyMs);
    // Messages of one step come in a row, as they were sent; then those of the other.
    const endings: string[] = [];
    for (const one of all) endings.push((await makeAndTell(makeA, one)).ending);
    expect(new Set(endings)).toEqual(new Set(["not-yet"]));
    const joins: string[] = [];
    for (const one of all) joins.push((await makeAndTell(makeB, one)).ending);
    expect(joins).not.toContain("not-yet");
    // Whatever comes again, nothing is made again.
    const before = results;
    for (const one of all) await makeAndTell(makeA, one);
    expect(results).toBe(before);
  },
);

test("a forced message that is delivered again computes once, though 19 other requests have forced the same meanwhile", async () => {
  const message = await madeBefore("redelivered late");
  const all = manyRequests(message, 1_000, ["make-a"]);
  for (const one of all) expect((await deliver(makeA, one)).ending).toBe("computed");
  for (const one of all) expect((await deliver(makeA, one)).ending).toBe("skipped");
});
