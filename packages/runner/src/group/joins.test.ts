// Joins in groups, whose records are written at the end: whoever takes what two others make finds both, and does the work once.
import { defineKind, Master } from "@segue/contracts";
import { type AnyStep, defineFleet, defineStep } from "@segue/step";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { fleetUrl } from "../fixtures/fleet-url.ts";
import { createHarness, type TogetherOptions } from "../fixtures/harness.ts";
import { finished, poolOf } from "../fixtures/pool-of.ts";
import type { HandlerParts } from "../handler-parts.ts";

const kind = (name: string) =>
  defineKind({ name, retention: "derivative", payload: null, facts: z.object({}) });
const rest = {
  version: 1,
  budget: { timeMs: 120_000, memoryMiB: 200 },
  setup: async () => null,
  run: () => {
    throw new Error("expected a pool of the test's");
  },
};
const [Source, A, B, L, R] = [kind("source"), kind("a"), kind("b"), kind("l"), kind("r")];
const makeA: AnyStep = defineStep({ ...rest, name: "make-a", consumes: { master: Master }, produces: A });
const makeB: AnyStep = defineStep({ ...rest, name: "make-b", consumes: { master: Master }, produces: B });
const join: AnyStep = defineStep({ ...rest, name: "join", consumes: { a: A, b: B }, produces: kind("j") });
const read: AnyStep = defineStep({
  ...rest,
  name: "read",
  consumes: { master: Master },
  produces: Source,
});
const left: AnyStep = defineStep({ ...rest, name: "left", consumes: { of: Source }, produces: L });
const right: AnyStep = defineStep({ ...rest, name: "right", consumes: { of: Source }, produces: R });
const both: AnyStep = defineStep({
  ...rest,
  name: "both",
  consumes: { l: L, r: R },
  produces: kind("lr"),
});

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  const fleet = defineFleet({ all: [makeA, makeB, join, read, left, right, both] });
  harness = await createHarness({ fleet, fleetUrl });
});
afterAll(() => harness[Symbol.asyncDispose]());
beforeEach(() => {
  for (const list of [harness.sent, harness.ready, harness.tasks, harness.outcomes]) list.length = 0;
});

const told = (step: string) => harness.outcomes.filter((each) => each.step === step).map(({ how }) => how);
const pool = poolOf(async () => finished({}));

test("an input whose fact came too early brings the join no second time, and nothing goes to the queue for it", async () => {
  const message = await harness.accept("joined here", ["read", "left", "right", "both"]);
  const rightMade = Promise.withResolvers<void>();
  let asked = 0;
  const partsOf = (step: AnyStep): Partial<HandlerParts> => {
    if (step === right) return { pool, fitness: { note: async () => false, worked: rightMade.resolve } };
    if (step !== both) return { pool };
    const slot = { [Symbol.dispose]() {} };
    // The first fact waits for a core until the other input is made too.
    const acquire = async () => {
      if (asked++ === 0) await rightMade.promise;
      return slot;
    };
    return { pool, slots: { acquire } };
  };
  const house = [read, left, right, both];
  const { settled } = await harness.deliverTogether(message, { house, partsOf, keepsLedger: true });
  expect(settled).toBe("ack");
  expect(asked).toBeGreaterThan(1);
  expect(told("both").toSorted()).toEqual(["computed", "skipped"]);
  expect(harness.sent.map(({ topic }) => topic)).toEqual(["outcomes"]);
});

test.each([
  ["last", "there"],
  ["first", "by whoever gets the other input's fact once more"],
])(
  "of two groups that each make one input, and have not written it when the other looks, where what is made last is written %s the join is done %s",
  async (order) => {
    const message = await harness.accept(`joined across, made last and written ${order}`, [
      ...["make-a", "make-b", "join"],
    ]);
    const [wroteFirst, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const group = (maker: AnyStep, madeAt: string, isFirst: boolean) => {
      const ledgers: TogetherOptions["ledgers"] = {
        of: (master) => {
          const ledger = harness.ledgers.of(master);
          return {
            ...ledger,
            async add(entries) {
              // Both have looked by now, and neither has found what the other has made.
              if (!isFirst) wroteFirst.resolve();
              await (isFirst ? wroteFirst : ended).promise;
              return await ledger.add(entries);
            },
          };
        },
      };
      const parts = { pool, now: () => new Date(madeAt) };
      return harness.deliverTogether(message, {
        ...{ keepsLedger: true, ledgers, partsOf: () => parts },
        house: [maker, join],
      });
    };
    const isLastFirst = order === "first";
    const made = group(makeA, "2026-01-01T00:00:00.000Z", !isLastFirst);
    const madeLast = group(makeB, "2026-01-01T00:00:01.000Z", isLastFirst);
    const [first, second] = isLastFirst ? [madeLast, made] : [made, madeLast];
    const firstEnded = await first;
    ended.resolve();
    expect([firstEnded.settled, (await second).settled]).toEqual(["ack", "ack"]);

    const facts = harness.ready.slice();
    expect(facts.map(({ record }) => record.kind)).toEqual(isLastFirst ? ["a"] : []);
    for (const fact of facts)
      expect(
        await harness.deliverTogether(fact, {
          keepsLedger: true,
          deliveryAttempt: 2,
          house: [join],
          partsOf: () => ({ pool }),
        }),
      ).toMatchObject({ settled: "ack" });
    expect(told("join")).toEqual(["computed"]);
    const { records } = await harness.ledgers.of(message.request.master).read();
    expect(records.map((record) => record.kind).toSorted()).toEqual(["a", "b", "j"]);
  },
);
