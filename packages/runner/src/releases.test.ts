// A worker among records and messages of other releases, and what it writes under the eyes of the last one's readers.
import { readFileSync } from "node:fs";
import { defineError, PermanentError } from "@segue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import fleet, { read, spell, stitch } from "./fixtures/fleet.ts";
import { ask, createHarness, taskOf } from "./fixtures/harness.ts";
import { poolOf } from "./fixtures/pool-of.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness[Symbol.asyncDispose]());

test("last release's readers read all that this worker writes", async () => {
  const lastUrl = new URL("../../contracts/src/fixtures/release-b59c677/schemas.json", import.meta.url);
  const last = z.record(z.string(), z.looseObject({})).parse(JSON.parse(readFileSync(lastUrl, "utf8")));
  const readerOf = (name: string) => z.fromJSONSchema(last[name] as Parameters<typeof z.fromJSONSchema>[0]);
  const message = await harness.accept("some good text");
  await harness.deliverAll(message);
  await harness.deliver(read, await harness.accept("empty file"));
  const bad = await harness.accept("throw twice");
  for (let attempt = 1; attempt <= 2; attempt++)
    await harness.deliver(read, bad, { id: "bad", deliveryAttempt: attempt });
  await harness.deliver(read, Buffer.from("no json"));
  await harness.deliver(read, taskOf("Ping", "read", message.request));
  await harness.deliver(read, taskOf("Rebuild", "read", message.request, { waiting: ["words"] }));
  await harness.deliver(read, await harness.accept("seventeen letters", ["read", "stitch", "spell"]));
  const text = harness.ready.at(-1);
  if (!text) throw new Error("expected the text to be announced");
  await harness.deliver(stitch, text);
  await harness.deliver(spell, text, { parts: { draining: AbortSignal.abort() } });

  const said = {
    ArtifactReady: harness.ready,
    Task: harness.tasks,
    StepOutcome: harness.outcomes,
    DeadLettered: harness.deadLetters,
    PingAnswered: harness.pings,
    ArtifactRecord: await recordsOf(),
  };
  for (const [name, all] of Object.entries(said)) {
    expect(all.length, name).toBeGreaterThan(0);
    const reader = readerOf(name);
    for (const each of all) expect(reader.safeParse(JSON.parse(JSON.stringify(each))).error).toBeUndefined();
  }
});

async function recordsOf(): Promise<unknown[]> {
  const bucket = harness.names.bucket("records");
  const found: unknown[] = [];
  for await (const { name } of harness.store.walkObjects({ bucket, prefix: "" }))
    found.push(await harness.store.readJson({ bucket, name }));
  return found;
}

const young = { code: "drm-protected", message: "young", family: "permanent", meaning: "M", remedy: "R" };

test("a failure with a code of a younger release is announced with its own words", async () => {
  const message = await harness.accept("a track with a young failure");
  await storeRecord(message.request.master, { status: "failed", error: young });
  const delivered = await harness.deliver(read, message);
  expect(delivered).toEqual({ ending: "failed-before", settled: "ack" });
  expect(harness.outcomes.at(-1)?.outcome).toEqual({ status: "failed", error: young });
});

test("what only a younger release can read goes back, and counts for nothing however often it comes", async () => {
  const message = await harness.accept("a record of a status that came later");
  await storeRecord(message.request.master, { status: "superseded" });
  const later = { ...message, v: 3, record: "of another shape" };
  for (const [id, body] of [
    ["record", message],
    ["message", Buffer.from(JSON.stringify(later))],
  ] as const) {
    for (let deliveryAttempt = 1; deliveryAttempt <= 6; deliveryAttempt++) {
      const delivered = await harness.deliver(read, body, { id, deliveryAttempt });
      expect(delivered).toEqual({ ending: "handed-back", settled: "nack" });
    }
    const story = await harness.stories.read({ id, subscription: "test-subscription", step: "read" });
    expect(story.entries).toEqual([]);
  }
});

async function storeRecord(master: string, outcome: object): Promise<void> {
  const address = fleet.chain.addressesFor(master).get("text") ?? "";
  const step = { name: "read", version: 1 };
  const record = { v: 1, address, kind: "text", step, inputs: { master }, outcome, attempt: null };
  const body = Buffer.from(JSON.stringify(record));
  const bucket = harness.names.bucket("records");
  await harness.store.writeObject({ bucket, name: `${address}.json`, body, createOnly: true });
}

test("a request for a later version than this worker's goes back; its versions go on with what follows", async () => {
  const message = ask(await harness.accept("for a younger worker"), { versions: { read: 2, words: 1 } });
  for (let deliveryAttempt = 1; deliveryAttempt <= 6; deliveryAttempt++) {
    const delivered = await harness.deliver(read, message, { id: "asked", deliveryAttempt });
    expect(delivered).toEqual({ ending: "handed-back", settled: "nack" });
  }
  const young = { ...read, version: 2 };
  const from = harness.ready.length;
  expect((await harness.deliver(young, message)).ending).toBe("computed");
  expect(harness.ready.slice(from)).toMatchObject([{ request: { versions: { read: 2, words: 1 } } }]);
  // Where no version is named, or a lower one, whatever version gets it does it.
  const any = ask(message, { versions: { read: 1 } });
  expect((await harness.deliver(read, any)).ending).toBe("computed");
});

const tooQuiet = defineError({ code: "too-quiet", meaning: "Nobody hears it.", remedy: "Send it louder." });
const failing = () => poolOf(() => Promise.reject(new PermanentError(tooQuiet, "-80 LUFS")));

test("a step's own error is its outcome, with its words; one that it does not declare is its defect", async () => {
  const declares = { ...read, errors: [tooQuiet] };
  const ours = await harness.accept("quiet");
  expect(await harness.deliver(declares, ours, { parts: { pool: failing() } })).toMatchObject({
    ending: "failed",
  });
  const error = { ...tooQuiet, family: "permanent", message: "-80 LUFS" };
  expect(harness.outcomes.at(-1)?.outcome).toEqual({ status: "failed", error });
  // Known from now on: nothing runs.
  expect((await harness.deliver(read, ours)).ending).toBe("failed-before");

  await harness.deliver(read, await harness.accept("quiet too"), { parts: { pool: failing() } });
  expect(harness.outcomes.at(-1)?.outcome).toMatchObject({
    status: "failed",
    error: { code: "invalid-output", message: expect.stringContaining("too-quiet") },
  });
});
