// Inputs that are read in ranges, whose bytes no checksum is of.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { copy, read, spell, Text, words } from "./fixtures/fleet.ts";
import { createHarness, taskOf } from "./fixtures/harness.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness[Symbol.asyncDispose]());

test("a payload that was not stored, and whose name another run's bytes have taken, has expired", async () => {
  const { request, ...message } = await harness.accept("of one build", ["read", "words", "copy"]);
  await harness.deliverTogether({ ...message, request }, { house: [read, words, copy] });
  const address = harness.chain.addressesFor(request.master).get("text") ?? "";
  // A worker that had found no record either, with another build, comes to its end now. The record that is there holds.
  const path = join(harness.scratchDir, "of-another-build");
  await writeFile(path, "OF ANOTHER 1");
  await harness.artifacts.storePayload(Text, address, path, { existing: undefined, replace: false });
  const { wants } = request;
  const later = { ...request, wants: [...wants, "spell"] };
  expect(await harness.deliver(spell, taskOf("Run", "spell", later))).toMatchObject({
    ending: "rebuild-requested",
  });
});
