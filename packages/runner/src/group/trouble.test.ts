// What goes wrong where steps are done in one attempt, and what must not come of it.
import { createChain } from "@segue/chain";
import { type ArtifactReady, Master, StepError } from "@segue/contracts";
import type { Send } from "@segue/queue";
import type { AnyStep } from "@segue/step";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { copy, read, stitch, Text, Words, words } from "../fixtures/fleet.ts";
import { createHarness, taskOf } from "../fixtures/harness.ts";
import { poolOf } from "../fixtures/pool-of.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness[Symbol.asyncDispose]());
beforeEach(() => {
  for (const list of [harness.sent, harness.ready, harness.tasks, harness.outcomes]) list.length = 0;
});

async function isTextStored({ request }: ArtifactReady): Promise<boolean> {
  const address = harness.chain.addressesFor(request.master).get("text") ?? "";
  const record = await harness.artifacts.readRecord(harness.chain.storedKind("text"), address);
  if (record?.outcome.status !== "succeeded" || !record.outcome.payload)
    throw new Error("expected a record with a payload");
  return harness.artifacts.isIntact(record.outcome.payload);
}

test("of messages that are sent at once each finds in storage what it needs", async () => {
  const message = await harness.accept("seventeen letters", ["read", "stitch"]);
  const stored: boolean[] = [];
  const send: Send = async (topic, sent) => {
    if (topic.startsWith("tasks")) stored.push(await isTextStored(message));
    await harness.send(topic, sent);
  };
  await harness.deliverTogether(message, { house: [read, stitch], send });
  expect(stored.length).toBeGreaterThan(1);
  expect(stored).not.toContain(false);
});

test("what the queue has given up on before is done step by step", async () => {
  const { request } = await harness.accept("given up on");
  const options = { attributes: { returned: "1" } };
  const { endings } = await harness.deliverTogether(taskOf("Run", "read", request), options);
  expect(endings).toEqual({ read: "computed" });
});

test.each([
  ["ended its thread is in quarantine", "worker-crashed"],
  ["starved waits", "starved"],
] as const)("what has %s when it comes from the queue, as after any attempt", async (_, code) => {
  const message = await harness.accept(`trouble in a group: ${code}`);
  let runs = 0;
  const pool = poolOf(() => {
    runs += 1;
    return Promise.reject(new StepError(code, "as it was told"));
  });
  const queued: Parameters<Send>[1][] = [];
  const send: Send = async (topic, sent) => {
    if (topic === "text") queued.push(sent);
    await harness.send(topic, sent);
  };
  const partsOf = (step: AnyStep) => (step === words ? { pool } : {});
  await harness.deliverTogether(message, { house: [read, words, copy], partsOf, send });
  const [sent, ...more] = queued;
  if (!sent) throw new Error("expected a message");
  expect([runs, more]).toEqual([1, []]);
  await harness.deliver(words, sent.data, { attributes: sent.attributes, parts: { pool } });
  expect(runs).toBe(1);
});

test.each([
  ["another service", [read, copy]],
  ["its own", [read, copy, words]],
])(
  "a step of %s that is asked for in a later version than is known here hears of everything",
  async (_, house) => {
    const { request, ...message } = await harness.accept(`of a younger release, of ${_}`);
    // Of the later version all that is known here is that somebody has it: it consumes the text, as the earlier one did not.
    const before: AnyStep = { ...words, consumes: { master: Master } };
    const chain = createChain<AnyStep>(
      [read, before, copy],
      new Map([
        ["words", "counter"],
        ["copy", "counter"],
      ]),
    );
    const versions = { ...request.versions, words: 2 };
    await harness.deliverTogether(
      { ...message, request: { ...request, versions } },
      { house, partsOf: (step) => ({ chain, ...(step === words ? { step: before } : {}) }) },
    );
    const told = harness.sent.filter(
      ({ topic, attributes }) => topic === "text" && "want.words" in attributes,
    );
    expect(told).toHaveLength(1);
    expect(await isTextStored({ ...message, request })).toBe(true);
  },
);

test("what a step waits with for an input that is made elsewhere is stored meanwhile", async () => {
  const elsewhere: AnyStep = { ...words, consumes: { master: Master } };
  const join: AnyStep = { ...copy, consumes: { text: Text, words: Words } };
  const chain = createChain<AnyStep>([read, elsewhere, join]);
  const message = await harness.accept("waits for another");
  const partsOf = (step: AnyStep) => ({ chain, ...(step === copy ? { step: join } : {}) });
  const { endings } = await harness.deliverTogether(message, { house: [read, copy], partsOf });
  expect(endings).toEqual({ read: "computed", copy: "not-yet" });
  expect(await isTextStored(message)).toBe(true);
});
