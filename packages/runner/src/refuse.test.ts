// Messages that a worker can't take up: of another form, edition or service.
import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { read } from "./fixtures/fleet.ts";
import { createHarness, taskOf } from "./fixtures/harness.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness[Symbol.asyncDispose]());
beforeEach(() => {
  harness.deadLetters.length = 0;
  harness.outcomes.length = 0;
});

test("what does not parse is dead-lettered with the reason and the message itself", async () => {
  const data = Buffer.from('{"v":2,"type":"ArtifactReady"}');
  expect(await harness.deliver(read, data)).toEqual({ ending: "dead-lettered", settled: "ack" });
  expect(harness.deadLetters).toMatchObject([
    { trackId: null, step: "read", error: { code: "malformed-message" }, data: data.toString("base64") },
  ]);
  expect(harness.deadLetters[0]?.error.message).toContain("request");
});

test("a fact of the first edition is refused in words, and never misread", async () => {
  const { record, request } = await harness.accept("of the first edition");
  const { trackId, master, wants } = request;
  const first = { v: 1, type: "ArtifactReady", trackId, master, record, wants };
  expect(await harness.deliver(read, Buffer.from(JSON.stringify(first)))).toEqual({
    ending: "dead-lettered",
    settled: "ack",
  });
  expect(harness.deadLetters).toMatchObject([
    { error: { code: "malformed-message", message: expect.stringContaining("first edition") } },
  ]);
  expect(harness.outcomes).toEqual([]);
});

test("a task for a step that this worker does not host goes back: another release of its service does", async () => {
  const { request } = await harness.accept("for another service");
  const task = taskOf("Run", "words", request);
  expect(await harness.deliver(read, task)).toEqual({ ending: "handed-back", settled: "nack" });
});

test("what is too large to be dead-lettered whole is cut, and its size and hash are told", async () => {
  // As large as the queue takes messages, and wrong in so many places that its reasons alone would be larger still.
  const data = Buffer.from(
    JSON.stringify({ v: 2, type: "ArtifactReady", request: { wants: Array(3_600_000).fill(1) } }),
  );
  expect(await harness.deliver(read, data, { id: "huge" })).toEqual({
    ending: "dead-lettered",
    settled: "ack",
  });
  const [letter] = harness.deadLetters;
  expect(JSON.stringify(letter).length).toBeLessThan(10_000_000 - 100_000);
  const sha256 = createHash("sha256").update(data).digest("hex");
  expect(letter?.cut).toEqual({ sizeBytes: data.length, sha256 });
  expect(letter?.error.message).toContain(sha256);
  const kept = Buffer.from(letter?.data ?? "", "base64");
  expect(kept.equals(data.subarray(0, kept.length))).toBe(true);
});
