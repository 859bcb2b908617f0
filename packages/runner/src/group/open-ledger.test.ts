// Records of what is done together: one object for all of them, written before anybody else hears of one.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { recordName } from "@segue/artifacts";
import { type ArtifactReady, type ArtifactRecord, ledgerObjectName, readLedgerName } from "@segue/contracts";
import type { Send } from "@segue/queue";
import { StoreUnavailableError } from "@segue/store";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { copy, read, words } from "../fixtures/fleet.ts";
import { ask, createHarness, requestId, type TogetherOptions } from "../fixtures/harness.ts";
import { openLedger } from "./open-ledger.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness[Symbol.asyncDispose]());
beforeEach(() => {
  for (const list of [harness.sent, harness.ready, harness.tasks, harness.outcomes]) list.length = 0;
});

const deliver = (message: ArtifactReady, options: TogetherOptions = {}) =>
  harness.deliverTogether(message, { house: [read, words, copy], keepsLedger: true, ...options });

const recordsOf = async ({ request }: ArtifactReady) =>
  (await harness.ledgers.of(request.master).read()).records.toSorted((a, b) => a.kind.localeCompare(b.kind));
const kindsIn = async (message: ArtifactReady) => (await recordsOf(message)).map(({ kind }) => kind);
const addressOf = ({ request }: ArtifactReady, kind: string) =>
  harness.chain.addressesFor(request.master).get(kind) ?? "";

/** Names of the objects that keep records of a message's artifacts. */
async function recordObjects(message: ArtifactReady): Promise<string[]> {
  const own = new Set(["text", "words", "copy"].map((kind) => recordName(addressOf(message, kind))));
  const found: string[] = [];
  for await (const { name } of harness.store.walkObjects({
    bucket: harness.names.bucket("records"),
    prefix: "",
  }))
    if (own.has(name) || readLedgerName(name) === message.request.master) found.push(name);
  return found;
}

test("what is done together is one object of records, and one message to the catalog, in this order", async () => {
  const message = await harness.accept("kept together");
  const there: string[][] = [];
  const send: Send = async (topic, sent) => {
    there.push(await recordObjects(message));
    await harness.send(topic, sent);
  };
  const { settled } = await deliver(message, { send });
  expect(settled).toBe("ack");
  expect(there).toEqual([[ledgerObjectName(message.request.master)]]);
  expect(await kindsIn(message)).toEqual(["copy", "text", "words"]);
  expect(harness.sent.map(({ topic }) => topic)).toEqual(["outcomes"]);
  expect(harness.outcomes.map(({ step, how }) => `${step} ${how}`).toSorted()).toEqual([
    "copy computed",
    "read computed",
    "words computed",
  ]);
});

test("a record is there before another service is told of it", async () => {
  const message = await harness.accept("told outside");
  const kept: string[][] = [];
  const send: Send = async (topic, sent) => {
    if (topic === "text") kept.push(await kindsIn(message));
    await harness.send(topic, sent);
  };
  await deliver(message, { house: [read, words], send });
  expect(kept).toEqual([["text"]]);
  expect(await kindsIn(message)).toEqual(["text", "words"]);
});

test("once nothing is begun here any more, what is made is written and told, whatever is still at work", async () => {
  const message = await harness.accept("long at work");
  const draining = new AbortController();
  const told = Promise.withResolvers<string[]>();
  const send: Send = async (topic, sent) => {
    await harness.send(topic, sent);
    if (topic === "outcomes") told.resolve(await kindsIn(message));
  };
  const { pool } = harness.partsFor(words);
  const slow = {
    ...pool,
    async run(...of: Parameters<typeof pool.run>) {
      draining.abort();
      expect(await told.promise).toContain("text");
      expect(harness.outcomes).toMatchObject([{ step: "read", how: "computed" }]);
      return await pool.run(...of);
    },
  };
  const { settled } = await deliver(message, {
    house: [read, words],
    send,
    partsOf: (step) => ({ draining: draining.signal, ...(step === words ? { pool: slow } : {}) }),
  });
  expect(settled).toBe("ack");
  expect(harness.outcomes.map(({ step, how }) => `${step} ${how}`)).toEqual([
    "read computed",
    "words computed",
  ]);
});

test("when it comes again all is found, and nothing is written", async () => {
  const message = await harness.accept("comes again");
  await deliver(message);
  const before = await recordsOf(message);
  harness.outcomes.length = 0;
  expect(await deliver(message, { deliveryAttempt: 2 })).toMatchObject({ ending: "skipped", settled: "ack" });
  expect(harness.outcomes.map(({ how }) => how)).toEqual(["skipped", "skipped", "skipped"]);
  expect(await recordsOf(message)).toEqual(before);
});

test("a step that runs by itself finds what was done together", async () => {
  const message = await harness.accept("found alone");
  await deliver(message);
  expect(await harness.deliver(read, message)).toEqual({ ending: "skipped", settled: "ack" });
  expect(await recordObjects(message)).toEqual([ledgerObjectName(message.request.master)]);
});

test("what was done by itself, before or meanwhile, is not kept once more", async () => {
  const message = await harness.accept("done alone");
  await harness.deliver(read, message);
  await deliver(message);
  expect(await kindsIn(message)).toEqual(["copy", "words"]);
  const other = await harness.accept("done meanwhile");
  const { pool } = harness.partsFor(words);
  const overtaken = {
    ...pool,
    async run(...of: Parameters<typeof pool.run>) {
      await harness.deliver(read, other);
      return await pool.run(...of);
    },
  };
  await deliver(other, { partsOf: (step) => (step === words ? { pool: overtaken } : {}) });
  expect(await kindsIn(other)).toEqual(["copy", "words"]);
});

test("where another attempt was first at an address, its record is what everybody is told", async () => {
  const build = join(harness.scratchDir, "..", "build");
  await writeFile(build, "first");
  const message = await harness.accept(`build ${build}`, ["read", "words"]);
  const { pool } = harness.partsFor(words);
  const slow = {
    ...pool,
    async run(...of: Parameters<typeof pool.run>) {
      // All of it, by a worker with another build, while this one is at work.
      await writeFile(build, "second build");
      await deliver(message);
      harness.outcomes.length = 0;
      return await pool.run(...of);
    },
  };
  await deliver(message, { partsOf: (step) => (step === words ? { pool: slow } : {}) });
  const [text] = await recordsOf(message);
  expect(text).toMatchObject({ kind: "text", outcome: { facts: { length: "second build".length } } });
  const told = harness.outcomes.find(({ step }) => step === "read");
  expect(told?.outcome).toEqual(text?.outcome);
});

test("what is made anew over a record that was first is told, and not that record", async () => {
  const message = await harness.accept("overtaken, then made anew");
  await deliver(message);
  const [, others] = await recordsOf(message);
  if (others?.outcome.status !== "succeeded") throw new TypeError("expected a text");
  const { outcome, ...rest } = others;
  const made = (length: number) => ({
    ...{ ...rest, outcome: { ...outcome, facts: { length } } },
    attempt: rest.attempt && { ...rest.attempt, durationMs: 1_000_000 + length },
  });
  const kind = harness.chain.storedKind("text");
  const open = openLedger(harness.ledgers.of(message.request.master), harness.artifacts);
  const keep = (length: number, replace: boolean) =>
    open.keep?.({ kind, record: made(length), replace }, { atOnce: true });
  const tell = ({ outcome, address }: ArtifactRecord) =>
    JSON.parse(
      open
        .retell({ data: Buffer.from(JSON.stringify({ outcome, address })), attributes: {} })
        .data.toString(),
    );
  await keep(1, false);
  expect(tell(made(1))).toMatchObject({ outcome });
  await keep(2, true);
  expect(tell(made(2))).toMatchObject({ outcome: { facts: { length: 2 } } });
  expect(tell(made(1))).toMatchObject({ outcome: { facts: { length: 2 } } });
});

test("where records can't be written nothing is told, and the delivery goes back", async () => {
  const message = await harness.accept("no room");
  const ledgers: TogetherOptions["ledgers"] = {
    of: (master) => ({
      ...harness.ledgers.of(master),
      add: async () => {
        throw new StoreUnavailableError("ledger", "storage is away");
      },
    }),
  };
  expect(await deliver(message, { ledgers })).toMatchObject({ settled: "nack" });
  expect([harness.sent, await kindsIn(message)]).toEqual([[], []]);
  expect(await deliver(message, { deliveryAttempt: 2 })).toMatchObject({ settled: "ack" });
  expect(await kindsIn(message)).toEqual(["copy", "text", "words"]);
});

test("what a request forces follows from the record that is there", async () => {
  const message = await harness.accept("forced");
  await deliver(message);
  const [, before] = await recordsOf(message);
  const forced = ask(message, { requestId: requestId(1), force: ["read"], wants: ["read"] });
  await deliver(forced);
  const [, after] = await recordsOf(message);
  expect(after).toMatchObject({
    requestId: requestId(1),
    earlierRequestIds: [message.request.requestId],
    firstAttempt: before?.attempt,
  });
});

test("what a request forces follows from what was forced by itself meanwhile", async () => {
  const message = await harness.accept("forced twice");
  await deliver(message);
  const forced = ask(message, { requestId: requestId(1), force: ["read", "words"] });
  const other = ask(message, { requestId: requestId(2), force: ["read"] });
  const { pool } = harness.partsFor(words);
  const slow = {
    ...pool,
    async run(...of: Parameters<typeof pool.run>) {
      expect(await harness.deliver(read, other)).toMatchObject({ ending: "computed" });
      return await pool.run(...of);
    },
  };
  await deliver(forced, { partsOf: (step) => (step === words ? { pool: slow } : {}) });
  expect(
    await harness.artifacts.readRecord(harness.chain.storedKind("text"), addressOf(message, "text")),
  ).toMatchObject({
    requestId: requestId(1),
    earlierRequestIds: [requestId(2), message.request.requestId],
  });
});
