import { readdir } from "node:fs/promises";
import { isRunning } from "@segue/child-process";
import { returnedAttribute } from "@segue/contracts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import fleet, { copy, read, Text, words } from "./fixtures/fleet.ts";
import { ask, createHarness, requestId, taskOf } from "./fixtures/harness.ts";
import { hurriedRead } from "./fixtures/hurried-fleet.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness[Symbol.asyncDispose]());
beforeEach(() => {
  for (const list of [
    harness.ready,
    harness.tasks,
    harness.pings,
    harness.outcomes,
    harness.deadLetters,
    harness.logged,
  ])
    list.length = 0;
});

const lines = (messages: readonly { step?: string | undefined }[]) => messages.map((message) => message.step);

describe("a wanted step", () => {
  test("computes once, stores payload and record, announces both, acks, leaves no files", async () => {
    const message = await harness.accept("a first track");
    expect(await harness.deliver(read, message)).toEqual({ ending: "computed", settled: "ack" });
    const address = fleet.chain.addressesFor(message.request.master).get("text") ?? "";
    const record = await harness.artifacts.readRecord(Text, address);
    expect(record?.outcome).toMatchObject({ status: "succeeded", facts: { length: 13 } });
    expect(record).toMatchObject({ requestId: message.request.requestId });
    expect(harness.ready).toEqual([{ ...message, record }]);
    expect(harness.outcomes).toMatchObject([
      { step: "read", how: "computed", address, requestId: message.request.requestId },
    ]);
    expect(await readdir(harness.scratchDir)).toEqual([]);
  });

  test("delivered again, or for another track of the same bytes, it computes nothing and announces again", async () => {
    const message = await harness.accept("a second track");
    await harness.deliver(read, message);
    const trackId = "01890000-0000-7000-8000-000000000001";
    const other = ask(message, { trackId, requestId: trackId });
    expect(await harness.deliver(read, other)).toEqual({ ending: "skipped", settled: "ack" });
    expect(harness.outcomes).toMatchObject([{ how: "computed" }, { how: "skipped", trackId }]);
    // Of what was found it is told since when it is there, whoever has looked when.
    const [computed, skipped] = harness.outcomes;
    expect(skipped?.madeAt).toBe(computed?.attempt.finishedAt);
    expect(computed?.madeAt).toBe(computed?.attempt.finishedAt);
    expect(harness.ready[1]?.record).toEqual(harness.ready[0]?.record);
  });

  test("of a message that the queue had given up on, nothing says so that follows from it", async () => {
    const message = await harness.accept("after an outage of a quarter of an hour");
    const attributes = { [returnedAttribute]: "3" };
    expect(await harness.deliver(read, message, { attributes })).toMatchObject({ ending: "computed" });
    expect(harness.ready).toEqual([{ ...message, record: expect.anything() }]);
  });

  test("delivered twice at the same moment, both agree on one result", async () => {
    const message = await harness.accept("the same message twice");
    const both = await Promise.all([harness.deliver(read, message), harness.deliver(read, message)]);
    expect(both.map((delivered) => delivered.settled)).toEqual(["ack", "ack"]);
    expect(harness.ready[0]?.record).toEqual(harness.ready[1]?.record);
  });

  test("runs with all its inputs, though only the last of them announced itself", async () => {
    const message = await harness.accept("several inputs");
    await harness.deliver(read, message);
    const [text] = harness.ready;
    if (!text) throw new Error("expected an announcement");
    expect(await harness.deliver(copy, text)).toMatchObject({ ending: "computed" });
    const { outcome } = harness.outcomes[1] ?? {};
    if (outcome?.status !== "succeeded" || !outcome.payload) throw new Error("expected a payload");
    expect((await harness.store.readObject(outcome.payload)).toString()).toBe(
      "several inputs|SEVERAL INPUTS",
    );
  });
});

describe("force", () => {
  test("computes the named step though its result is there, and nothing that follows from it", async () => {
    const message = await harness.accept("forced");
    await harness.deliverAll(message);
    const forced = ask(message, { requestId: requestId(1), force: ["read"] });
    expect(await harness.deliverAll(forced)).toEqual({
      read: ["computed"],
      words: ["skipped"],
      copy: ["skipped"],
    });
    expect(harness.outcomes.filter(({ step }) => step === "read").map(({ how }) => how)).toEqual([
      "computed",
      "computed",
    ]);
  });

  test("tries a permanent failure again, and what comes of it replaces the record", async () => {
    const message = await harness.accept("empty forced");
    await harness.deliver(read, message);
    const address = fleet.chain.addressesFor(message.request.master).get("text") ?? "";
    const before = await harness.artifacts.readRecord(Text, address);
    expect(before?.outcome.status).toBe("failed");
    expect(await harness.deliver(read, message)).toMatchObject({ ending: "failed-before" });
    const forced = ask(message, { requestId: requestId(1), force: ["read"] });
    expect(await harness.deliver(read, forced)).toMatchObject({ ending: "failed" });
    const after = await harness.artifacts.readRecord(Text, address);
    expect(after?.outcome).toEqual(before?.outcome);
    expect(after?.attempt?.startedAt).not.toBe(before?.attempt?.startedAt);
  });
});

test("a step that is not wanted touches nothing", async () => {
  const message = await harness.accept("for others", ["words"]);
  expect(await harness.deliver(read, message)).toEqual({ ending: "not-wanted", settled: "ack" });
  expect(harness.ready).toEqual([]);
  expect(harness.outcomes).toEqual([]);
});

test("what a backfill asks for is left to its own subscription, and stays a backfill's", async () => {
  const wants = ["read", "words"];
  const message = ask(await harness.accept("not urgent", wants), { priority: "backfill" });
  expect(await harness.deliver(read, message)).toEqual({ ending: "not-wanted", settled: "ack" });
  const { ending } = await harness.deliver(read, message, { parts: { priority: "backfill" } });
  expect(ending).toBe("computed");
  expect(harness.ready).toMatchObject([{ request: { priority: "backfill" }, record: { kind: "text" } }]);
});

test("a ping is answered, and nothing else is done", async () => {
  const { request } = await harness.accept("a ping");
  const ping = taskOf("Ping", "read", request);
  expect(await harness.deliver(read, ping)).toEqual({ ending: "ping-answered", settled: "ack" });
  expect(harness.pings).toMatchObject([{ step: "read", pingId: request.requestId }]);
  expect([...harness.outcomes, ...harness.ready, ...harness.tasks]).toEqual([]);
  const address = fleet.chain.addressesFor(request.master).get("text") ?? "";
  expect(await harness.artifacts.readRecord(Text, address)).toBeUndefined();
});

describe("a fact is told", () => {
  test("where no wanted step consumes it, to nobody but the catalog", async () => {
    const message = await harness.accept("for nobody", ["read"]);
    expect(await harness.deliver(read, message)).toMatchObject({ ending: "computed" });
    expect(harness.ready).toEqual([]);
    expect(lines(harness.outcomes)).toEqual(["read"]);
  });

  test("where a step is wanted that this worker does not know: it may be younger, and listen", async () => {
    const message = await harness.accept("for a younger step", ["read", "plugged-in"]);
    expect(await harness.deliver(read, message)).toMatchObject({ ending: "computed" });
    expect(harness.ready).toHaveLength(1);
  });
});

test("an input that has not been made yet is waited for by its announcement", async () => {
  const message = await harness.accept("not yet");
  expect(await harness.deliver(copy, message)).toEqual({ ending: "not-yet", settled: "ack" });
});

describe("a failure", () => {
  test("that is permanent ends at the first attempt and is remembered at its address", async () => {
    const message = await harness.accept("empty");
    expect(await harness.deliver(read, message)).toEqual({ ending: "failed", settled: "ack" });
    expect(await harness.deliver(read, message)).toEqual({ ending: "failed-before", settled: "ack" });
    const failed = { outcome: { status: "failed", error: { code: "empty-file" } } };
    expect(harness.outcomes).toMatchObject([failed, failed]);
    expect(harness.ready).toEqual([]);
  });

  test("to keep to the step's own schema is permanent and says where", async () => {
    await harness.deliver(read, await harness.accept("invalid"));
    const { outcome } = harness.outcomes[0] ?? {};
    expect(outcome).toMatchObject({ status: "failed", error: { code: "invalid-output" } });
    expect(outcome?.status === "failed" && outcome.error.message).toContain("length");
  });

  test.each([
    ["throw now", "step-failed", "asked to throw"],
    ["throw-number", "step-failed", "5242880"],
    ["exit", "worker-crashed", ""],
    ["hoard", "memory-budget-exceeded", "200 MiB"],
  ])("of any other sort (%s) is retried, then dead-lettered with its story", async (text, code, says) => {
    const message = await harness.accept(text);
    const id = `message-${text}`;
    expect(await harness.deliver(read, message, { id })).toEqual({ ending: "retried", settled: "nack" });
    expect(await harness.deliver(read, message, { id })).toEqual({ ending: "dead-lettered", settled: "ack" });
    const [letter] = harness.deadLetters;
    expect(letter?.story.map((entry) => entry.error.code)).toEqual([code, code]);
    expect(letter?.story[0]?.error.message).toContain(says);
    expect(letter).toMatchObject({ error: { code: "retries-exhausted" }, trackId: message.request.trackId });
    expect(letter?.error).toMatchObject({
      underlying: { code, message: letter?.story.at(-1)?.error.message },
      attempts: letter?.story.length,
    });
    expect(harness.outcomes).toMatchObject([
      { outcome: { status: "failed", error: { code: "retries-exhausted" } } },
    ]);
    // Neighbours don't notice.
    expect(await harness.deliver(read, await harness.accept(`good after ${text}`))).toMatchObject({
      ending: "computed",
    });
  });

  test("of a thread that spins is bounded too, and other steps run meanwhile", async () => {
    const message = await harness.accept("spin");
    const spinning = harness.deliver(hurriedRead, message, { id: "spin" });
    const other = await harness.accept("beside a spinning thread", ["words"]);
    expect(await harness.deliver(words, other)).toMatchObject({ ending: "not-yet" });
    // On a machine that others keep busy an attempt may starve; that is told apart.
    const { ending } = await spinning;
    expect(["retried", "put-off"]).toContain(ending);
    const given = harness.logged.find(({ fields }) => "code" in fields);
    expect(JSON.stringify(given)).toContain(ending === "retried" ? "time-budget-exceeded" : "starved");
  });

  test("ends the step's child processes with it", async () => {
    await harness.deliver(hurriedRead, await harness.accept("child"));
    const started = harness.logged.find((line) => line.message === "child started");
    const { pid } = z.object({ pid: z.int().positive() }).parse(started?.fields);
    await expect.poll(() => isRunning(pid)).toBe(false);
  });
});

test("a drain stops what runs and hands it back without a mark against it", async () => {
  const draining = new AbortController();
  const message = await harness.accept("wait 60000");
  const delivered = harness.deliver(read, message, { id: "drained", parts: { signal: draining.signal } });
  draining.abort();
  expect(await delivered).toEqual({ ending: "handed-back", settled: "nack" });
  expect(harness.deadLetters).toEqual([]);
});

test.each([
  ["damaged", true],
  ["overwritten, and its record with it", false],
])("a kept payload that was %s is made again", async (what, isRecordThere) => {
  const text = `a kept asset, ${what}`;
  const message = await harness.accept(text);
  await harness.deliverAll(message);
  const copy = fleet.chain.storedKind("copy");
  const address = fleet.chain.addressesFor(message.request.master).get("copy") ?? "";
  const readCopy = async () => {
    const record = await harness.artifacts.readRecord(copy, address);
    if (record?.outcome.status !== "succeeded" || !record.outcome.payload)
      throw new Error("expected a record with a payload");
    return (await harness.store.readObject(record.outcome.payload)).toString();
  };
  const made = `${text}|${text.toUpperCase()}`;
  expect(await readCopy()).toBe(made);
  const ref = { bucket: harness.names.bucket("assets"), name: `${address}.txt` };
  const { metadata = {} } = (await harness.store.statObject(ref)) ?? {};
  const body = Buffer.from("damaged");
  await harness.store.writeObject({
    ...ref,
    body,
    createOnly: false,
    ...(isRecordThere ? { metadata } : {}),
  });
  expect((await harness.deliverAll(message)).copy).toEqual(["computed"]);
  expect(await readCopy()).toBe(made);
});

test("storage that is away costs a message nothing", async () => {
  const message = await harness.accept("storage away");
  const away = {
    ...harness.artifacts,
    readRecord: async () => {
      const { StoreUnavailableError } = await import("@segue/store");
      throw new StoreUnavailableError("the record", "connection refused");
    },
  };
  for (let delivery = 0; delivery < 5; delivery++) {
    expect(await harness.deliver(read, message, { id: "away", parts: { artifacts: away } })).toEqual({
      ending: "handed-back",
      settled: "nack",
    });
  }
  expect(harness.deadLetters).toEqual([]);
});

test("a record that is none is an attempt that failed: it ends in words, and not never", async () => {
  const message = await harness.accept("a broken record");
  const name = `${fleet.chain.addressesFor(message.request.master).get("text")}.json`;
  const ref = { bucket: harness.names.bucket("records"), name };
  await harness.store.writeObject({ ...ref, body: Buffer.from("{"), createOnly: false });
  const deliver = () => harness.deliver(read, message, { id: "broken" });
  expect(await deliver()).toEqual({ ending: "retried", settled: "nack" });
  expect(await deliver()).toEqual({ ending: "dead-lettered", settled: "ack" });
  expect(harness.deadLetters).toMatchObject([
    { error: { code: "retries-exhausted", message: expect.stringContaining(name) } },
  ]);
});
