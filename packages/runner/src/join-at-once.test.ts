// A join whose inputs come at the same moment: each one's fact finds both there, and one of them does the work.
import { planRequest } from "@segue/chain";
import type { ArtifactReady } from "@segue/contracts";
import type { AnyStep } from "@segue/step";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { defineJoin } from "./fixtures/define-join.ts";
import { createHarness } from "./fixtures/harness.ts";
import { finished, poolOf } from "./fixtures/pool-of.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness[Symbol.asyncDispose]());

const { join, chainOf } = defineJoin(z.object({}));
const chain = chainOf(1, 1);
const makeA = chain.step("make-a");
const makeB = chain.step("make-b");

let runs = 0;
const pool = poolOf(async () => {
  runs += 1;
  return finished({});
});

async function deliver(step: AnyStep, message: ArtifactReady, atMs: number, deliveryAttempt = 1) {
  const parts = { chain, pool, now: () => new Date(atMs) };
  const { ending, settled } = await harness.deliver(step, message, { parts, deliveryAttempt });
  return { ending, settled, fact: harness.ready.pop() };
}

/** Facts of both inputs: b was made `apartMs` after a. */
async function makeBoth(text: string, atMs: number, apartMs: number) {
  const { request, ...fact } = await harness.accept(text, ["make-a", "make-b", "join"]);
  const message = { ...fact, request: planRequest(chain, request) };
  const { fact: a } = await deliver(makeA, message, atMs);
  const { fact: b } = await deliver(makeB, message, atMs + apartMs);
  if (!a || !b) throw new Error("expected two facts");
  runs = 0;
  return { a, b };
}

const startMs = Date.UTC(2026, 0, 1);

test("the fact of the later input does the work, and the other one finds it done", async () => {
  const { a, b } = await makeBoth("at once", startMs, 20);
  const first = await deliver(join, a, startMs + 50);
  expect([first.ending, first.settled]).toEqual(["handed-back", "nack"]);
  expect((await deliver(join, b, startMs + 60)).ending).toBe("computed");
  expect((await deliver(join, a, startMs + 1_060, 2)).ending).toBe("skipped");
  expect(runs).toBe(1);
});

test("of inputs that were made in the same millisecond one fact does the work, whichever comes first", async () => {
  for (const order of ["a first", "b first"]) {
    const { a, b } = await makeBoth(order, startMs, 0);
    const [one, other] = order === "a first" ? [a, b] : [b, a];
    const endings = [
      (await deliver(join, one, startMs + 50)).ending,
      (await deliver(join, other, startMs + 60)).ending,
    ];
    expect(endings.filter((ending) => ending === "computed")).toHaveLength(1);
    expect(runs).toBe(1);
  }
});

test("where the other fact does not come, the one that comes again does the work", async () => {
  const { a } = await makeBoth("one is late", startMs, 20);
  expect((await deliver(join, a, startMs + 50)).ending).toBe("handed-back");
  expect((await deliver(join, a, startMs + 1_050, 2)).ending).toBe("computed");
});

test("where both were made long ago, and both facts tell of what was found, one does the work", async () => {
  const { a, b } = await makeBoth("long ago", startMs, 20);
  const laterMs = startMs + 3_600_000;
  expect((await deliver(join, a, laterMs)).ending).toBe("handed-back");
  expect((await deliver(join, b, laterMs)).ending).toBe("computed");
  expect((await deliver(join, a, laterMs + 1_000, 2)).ending).toBe("skipped");
  expect(runs).toBe(1);
});
