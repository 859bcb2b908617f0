import { dirname, join } from "node:path";
import type { ArtifactReady } from "@segue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import fleet, { read, Text } from "./fixtures/fleet.ts";
import { ask, createHarness, requestId } from "./fixtures/harness.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness[Symbol.asyncDispose]());

const forced = (message: ArtifactReady, request: number) =>
  ask(message, { requestId: requestId(request), force: ["read"] });

async function accept(text: string) {
  const message = await harness.accept(text, ["read"]);
  const address = fleet.chain.addressesFor(message.request.master).get("text") ?? "";
  return { message, readRecord: () => harness.artifacts.readRecord(Text, address) };
}

test("a forced attempt that fails is told, and takes nothing away: the record keeps its success, the failure beside it", async () => {
  const { message, readRecord } = await accept(`once ${join(dirname(harness.scratchDir), "mark")}`);
  await harness.deliver(read, message);
  const before = await readRecord();
  expect(before?.outcome.status).toBe("succeeded");
  expect(await harness.deliver(read, forced(message, 1))).toMatchObject({ ending: "failed" });
  expect(harness.outcomes.at(-1)?.outcome).toMatchObject({ status: "failed", error: { code: "empty-file" } });
  const after = await readRecord();
  const laterFailure = { error: { code: "empty-file" } };
  // Its request is done, too.
  expect(after).toMatchObject({ ...before, requestId: requestId(1), laterFailure });
  expect(await harness.deliver(read, message)).toMatchObject({ ending: "skipped" });
});

test("when a result first came to be is not forgotten, however often it is made again", async () => {
  const { message, readRecord } = await accept("forced twice");
  await harness.deliver(read, message);
  const first = (await readRecord())?.attempt;
  for (const request of [1, 2]) await harness.deliver(read, forced(message, request));
  const record = await readRecord();
  expect(record?.firstAttempt).toEqual(first);
  expect(record?.attempt).not.toEqual(first);
});
