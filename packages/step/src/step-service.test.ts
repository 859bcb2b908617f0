import { defineKind, Master } from "@segue/contracts";
import { expect, test } from "vitest";
import { z } from "zod";
import { defineStep } from "./define-step.ts";
import { defineService, joinServices, resourcesOf } from "./step-service.ts";

const step = (name: string, memoryMiB: number) =>
  defineStep({
    ...{ name, version: 1, consumes: { master: Master } },
    produces: defineKind({
      name: `${name}-made`,
      retention: "derivative",
      payload: null,
      facts: z.object({}),
    }),
    budget: { timeMs: 1_000, memoryMiB },
    setup: async () => null,
    run: () => ({}),
  });
const [light, heavy] = [step("light", 32), step("heavy", 512)];

test("a service of steps alone keeps to their budgets, has one attempt at once, and grows with its backlog from none on", () => {
  const service = defineService({ steps: [light] });
  expect(Object.fromEntries(service.attempts)).toEqual({
    light: { cpuSec: null, memoryMiB: 32, scratchMiB: null },
  });
  expect(service).toMatchObject({
    concurrency: 1,
    scaling: { minReplicas: 0, maxReplicas: null, by: { measure: "backlog", waitSec: 60 } },
  });
});

test("memory grows by each step and attempt at once; of those in quarantine one is as large as the largest", () => {
  const memory = (steps: Parameters<typeof defineService>[0]["steps"], concurrency: number) =>
    resourcesOf(defineService({ steps, concurrency })).memoryMiB;
  expect(memory([light], 2) - memory([light], 1)).toBe(32);
  expect(memory([light, heavy], 3) - memory([light, heavy], 2)).toBe(32 + 512);
  expect(memory([light, heavy], 1) - memory([light], 1)).toBe(512 + (512 - 32));
});

test.each([
  [
    "steps that it does not host",
    { attempts: { other: { cpuSec: 1, memoryMiB: 1, scratchMiB: 1 } } },
    "(light), got other",
  ],
  [
    "less than nothing",
    { attempts: { light: { cpuSec: 1, memoryMiB: -1, scratchMiB: 1 } } },
    "expected figures from 0",
  ],
  ["no core", { cores: 0 }, "a core"],
])("figures of %s are refused in words", (_what, resources, words) => {
  expect(() => defineService({ steps: [light], resources })).toThrow(words);
});

test("several services in one take the most urgent of their limits", () => {
  const { scaling, concurrency, steps } = joinServices([
    defineService({ steps: [light], concurrency: 2, scaling: { minReplicas: 1, maxReplicas: 4 } }),
    defineService({ steps: [heavy], scaling: { maxReplicas: 9, by: { measure: "backlog", waitSec: 5 } } }),
  ]);
  expect(steps.map(({ name }) => name)).toEqual(["light", "heavy"]);
  expect([concurrency, scaling]).toEqual([
    2,
    { minReplicas: 1, maxReplicas: 9, by: { measure: "backlog", waitSec: 5 } },
  ]);
});
