import { Master } from "@segue/contracts";
import { expect, test } from "vitest";
import { type AnyBatch, runAlone, runMembers } from "./batch.ts";
import { defineStep } from "./define-step.ts";
import { Words } from "./fixtures/kinds.ts";

/** A batch of numbers that are given as inputs. */
function numbers(runBatch: AnyBatch["runBatch"]): AnyBatch {
  return {
    max: 8,
    waitMs: 5,
    prepare(inputs) {
      const number = Number(Object(inputs).number);
      if (number < 0) throw new Error(`${number} is below zero`);
      return number;
    },
    runBatch,
  };
}
// Neither is looked at.
const member = (number: number) => Object({ inputs: { number }, context: {} });

test("each member gets its own result, and one that can't be prepared is no part of the batch", async () => {
  const seen: unknown[] = [];
  const batch = numbers((items) => {
    seen.push(items);
    return items.map((item) => (item === 3 ? new Error("not 3") : item * 10));
  });
  expect(await runMembers(batch, [1, -2, 3, 4].map(member), null)).toMatchObject([
    { value: 10 },
    { reason: { message: "-2 is below zero" } },
    { reason: { message: "not 3" } },
    { value: 40 },
  ]);
  expect(seen).toEqual([[1, 3, 4]]);
});

test("a batch that throws is tried one by one", async () => {
  const batch = numbers((items) => {
    if (items.includes(2)) throw new Error("one of them");
    return items;
  });
  expect(await runMembers(batch, [1, 2, 3].map(member), null)).toMatchObject([
    { value: 1 },
    { reason: { message: "one of them" } },
    { value: 3 },
  ]);
});

test("a step that returns fewer results than it had items is told so", async () => {
  await expect(
    runAlone(
      numbers(() => []),
      member(1),
      null,
    ),
  ).rejects.toThrow("expected 1 results, one per item, got 0");
});

test.each([
  { max: 0, waitMs: 5 },
  { max: 1.5, waitMs: 5 },
  { max: 2, waitMs: -1 },
])("%j is no size of a batch", (batch) => {
  const define = () =>
    defineStep({
      name: "words",
      version: 1,
      consumes: { master: Master },
      produces: Words,
      budget: { timeMs: 1_000, memoryMiB: 10 },
      batch,
      setup: async () => null,
      prepare: () => 1,
      runBatch: (items) => items.map((words) => ({ words })),
    });
  expect(define).toThrow("words: batch: expected");
});
