import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import fleet, { read, Text } from "./fixtures/fleet.ts";
import { createHarness } from "./fixtures/harness.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness[Symbol.asyncDispose]());

async function accept(text: string) {
  const message = await harness.accept(text, ["read"]);
  const address = fleet.chain.addressesFor(message.master).get("text") ?? "";
  return { message, readRecord: () => harness.artifacts.readRecord(Text, address) };
}

test("a forced attempt that fails is told, and takes nothing away: the record keeps its success, the failure beside it", async () => {
  const { message, readRecord } = await accept(`once ${join(dirname(harness.scratchDir), "mark")}`);
  await harness.deliver(read, message);
  const before = await readRecord();
  expect(before?.outcome.status).toBe("succeeded");
  expect(await harness.deliver(read, { ...message, force: ["read"] })).toMatchObject({ ending: "failed" });
  expect(harness.outcomes.at(-1)?.outcome).toMatchObject({ status: "failed", error: { code: "empty-file" } });
  const after = await readRecord();
  expect(after).toMatchObject({ ...before, laterFailure: { error: { code: "empty-file" } } });
  expect(await harness.deliver(read, message)).toMatchObject({ ending: "skipped" });
});

test("when a result first came to be is not forgotten, however often it is made again", async () => {
  const { message, readRecord } = await accept("forced twice");
  await harness.deliver(read, message);
  const first = (await readRecord())?.attempt;
  for (let times = 0; times < 2; times++) await harness.deliver(read, { ...message, force: ["read"] });
  const record = await readRecord();
  expect(record?.firstAttempt).toEqual(first);
  expect(record?.attempt).not.toEqual(first);
});
