// A step that says otherwise than its producer how a kind is kept: where the record is, the producer decides.
import { createChain, planRequest } from "@segue/chain";
import { defineKind, Master } from "@segue/contracts";
import { type AnyStep, defineStep } from "@segue/step";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { copy, read } from "./fixtures/fleet.ts";
import { createHarness, taskOf } from "./fixtures/harness.ts";
import { finished, poolOf } from "./fixtures/pool-of.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness[Symbol.asyncDispose]());

const facts = z.object({});

test.each([
  ["another extension", { contentType: "text/plain", extension: "text" }],
  ["no payload", null],
])("an input that is with its file is found by a step that gives the kind %s", async (what, payload) => {
  const consumes = { copy: defineKind({ name: "copy", retention: "derivative", payload, facts }) };
  const produces = defineKind({ name: "used", retention: "derivative", payload: null, facts });
  const budget = { timeMs: 120_000, memoryMiB: 200 };
  const run = () => {
    throw new Error("expected a pool of the test's");
  };
  const uses: AnyStep = defineStep({
    ...{ name: "uses", version: 1, consumes: { master: Master, ...consumes }, produces, budget },
    ...{ setup: async () => null, run },
  });
  const chain = createChain<AnyStep>([read, copy, uses]);
  const message = await harness.accept(`of a kind with ${what}`, ["read", "copy", "uses"]);
  const request = planRequest(chain, message.request);
  await harness.deliver(read, { ...message, request });
  const text = harness.ready.pop();
  if (!text) throw new Error("expected a text");
  await harness.deliver(copy, text);
  const parts = { chain, pool: poolOf(async () => finished({})) };
  expect(await harness.deliver(uses, taskOf("Run", "uses", request), { parts })).toMatchObject({
    ending: "computed",
  });
});
