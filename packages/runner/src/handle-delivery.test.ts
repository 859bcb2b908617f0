import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { createCheckpoints } from "@segue/artifacts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import fleet, { copy, read, spell, Text, words } from "./fixtures/fleet.ts";
import { createHarness } from "./fixtures/harness.ts";
import { hurriedRead } from "./fixtures/hurried-fleet.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness[Symbol.asyncDispose]());
beforeEach(() => {
  for (const list of [harness.ready, harness.outcomes, harness.deadLetters, harness.logged]) list.length = 0;
});

const lines = (messages: readonly { step?: string | undefined }[]) => messages.map((message) => message.step);
const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe("a wanted step", () => {
  test("computes once, stores payload and record, announces both, acks, leaves no files", async () => {
    const message = await harness.accept("a first track");
    expect(await harness.deliver(read, message)).toEqual({ ending: "computed", settled: "ack" });
    const address = fleet.chain.addressesFor(message.master).get("text") ?? "";
    const record = await harness.artifacts.readRecord(Text, address);
    expect(record?.outcome).toMatchObject({ status: "succeeded", facts: { length: 13 } });
    expect(harness.ready).toEqual([{ ...message, record }]);
    expect(harness.outcomes).toMatchObject([{ step: "read", how: "computed", address }]);
    expect(await readdir(harness.scratchDir)).toEqual([]);
  });

  test("delivered again, or for another track of the same bytes, it computes nothing and announces again", async () => {
    const message = await harness.accept("a second track");
    await harness.deliver(read, message);
    const other = { ...message, trackId: "01890000-0000-7000-8000-000000000001" };
    expect(await harness.deliver(read, other)).toEqual({ ending: "skipped", settled: "ack" });
    expect(harness.outcomes).toMatchObject([{ how: "computed" }, { how: "skipped", trackId: other.trackId }]);
    expect(harness.ready[1]?.record).toEqual(harness.ready[0]?.record);
  });

  test("of a message that the queue had given up on, nothing says so that follows from it", async () => {
    const message = await harness.accept("after an outage of a quarter of an hour");
    expect(await harness.deliver(read, { ...message, returned: 3 })).toMatchObject({ ending: "computed" });
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
    const { outcome } = harness.ready[1]?.record ?? {};
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
    expect(await harness.deliverAll({ ...message, force: ["read"] })).toEqual({
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
    const address = fleet.chain.addressesFor(message.master).get("text") ?? "";
    const before = await harness.artifacts.readRecord(Text, address);
    expect(before?.outcome.status).toBe("failed");
    expect(await harness.deliver(read, message)).toMatchObject({ ending: "failed-before" });
    expect(await harness.deliver(read, { ...message, force: ["read"] })).toMatchObject({ ending: "failed" });
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
  const message = { ...(await harness.accept("not urgent", ["read"])), priority: "backfill" as const };
  expect(await harness.deliver(read, message)).toEqual({ ending: "not-wanted", settled: "ack" });
  const { ending } = await harness.deliver(read, message, { parts: { priority: "backfill" } });
  expect(ending).toBe("computed");
  expect(harness.ready).toMatchObject([{ priority: "backfill", record: { kind: "text" } }]);
});

test("a ping is answered and sent on to all that follows; nothing is computed, nothing stored", async () => {
  const message = { ...(await harness.accept("a ping")), ping: true as const };
  expect(await harness.deliverAll(message)).toEqual({
    read: ["ping-answered"],
    words: ["ping-answered"],
    copy: ["ping-answered"],
  });
  expect(harness.pings.map(({ step }) => step)).toEqual(["read", "words", "copy"]);
  expect(harness.outcomes).toEqual([]);
  const [text] = harness.ready;
  expect(await harness.artifacts.readRecord(Text, text?.record.address ?? "")).toBeUndefined();
});

test("an input that has not been made yet is waited for by its announcement", async () => {
  const message = await harness.accept("not yet");
  expect(await harness.deliver(copy, message)).toEqual({ ending: "not-yet", settled: "ack" });
});

test("what does not parse is dead-lettered with the reason and the message itself", async () => {
  const data = Buffer.from('{"v":1,"type":"ArtifactReady"}');
  expect(await harness.deliver(read, data)).toEqual({ ending: "dead-lettered", settled: "ack" });
  expect(harness.deadLetters).toMatchObject([
    { trackId: null, step: "read", error: { code: "malformed-message" }, data: data.toString("base64") },
  ]);
  expect(harness.deadLetters[0]?.error.message).toContain("trackId");
});

test("what is too large to be dead-lettered whole is cut, and its size and hash are told", async () => {
  // As large as the queue takes messages, and wrong in so many places that its reasons alone would be larger still.
  const data = Buffer.from(JSON.stringify({ v: 1, type: "ArtifactReady", wants: Array(3_600_000).fill(1) }));
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
    expect(letter).toMatchObject({ error: { code: "retries-exhausted" }, trackId: message.trackId });
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
    await expect.poll(() => isAlive(pid)).toBe(false);
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

describe("an input that has expired", () => {
  const expire = async (master: string) => {
    const address = fleet.chain.addressesFor(master).get("text");
    await harness.store.deleteObject({ bucket: harness.names.bucket("scratch"), name: `${address}.txt` });
  };

  test("is rebuilt by its producer for the asking branch, and the step then runs", async () => {
    const message = await harness.accept("expires between two steps");
    await harness.deliver(read, message);
    const [text] = harness.ready;
    if (!text) throw new Error("expected an announcement");
    await expire(message.master);
    const endings = await harness.deliverAll(text);
    expect(endings.words).toEqual(["rebuild-requested", "computed"]);
    // Its sibling asked as well, and found the payload there again.
    expect(endings.copy).toContain("computed");
    expect(endings.read?.filter((ending) => ending === "computed")).toHaveLength(1);
  });

  describe("and is asked for by two branches at once", () => {
    /** Begins to make it, and is preempted. */
    const preempt = async (request: (typeof harness.ready)[number]) => {
      const preempted = new AbortController();
      const delivered = harness.deliver(read, request, { parts: { signal: preempted.signal } });
      preempted.abort();
      expect(await delivered).toMatchObject({ ending: "handed-back" });
    };
    /** Both requests to make the text again, of the branches that need it. */
    const askTwice = async (text: string) => {
      const message = await harness.accept(text);
      await harness.deliver(read, message);
      const announced = harness.ready.pop();
      if (!announced) throw new Error("expected an announcement");
      await expire(message.master);
      for (const step of [words, copy])
        expect(await harness.deliver(step, announced)).toMatchObject({ ending: "rebuild-requested" });
      const [first, second] = harness.ready.splice(0);
      if (!first || !second) throw new Error("expected two requests");
      harness.outcomes.length = 0;
      return { first, second };
    };

    test("is made once: one request computes, the other comes back and finds it there", async () => {
      const { first, second } = await askTwice("two branches at the same moment");
      const both = await Promise.all([harness.deliver(read, first), harness.deliver(read, second)]);
      expect(both.map(({ ending }) => ending).sort()).toEqual(["computed", "handed-back"]);
      const handedBack = both[0]?.ending === "handed-back" ? first : second;
      expect(await harness.deliver(read, handedBack, { deliveryAttempt: 2 })).toMatchObject({
        ending: "skipped",
      });
      expect(harness.ready.map(({ wants }) => wants)).toEqual(
        expect.arrayContaining([
          ["read", "words"],
          ["read", "copy"],
        ]),
      );
    });

    test("goes on with the request that began, on whatever worker has it next", async () => {
      const { first, second } = await askTwice("wait 500");
      await preempt(first);
      expect(await harness.deliver(read, second)).toMatchObject({ ending: "handed-back" });
      const elsewhere = { deliveryAttempt: 2, parts: { worker: "another" } };
      expect(await harness.deliver(read, first, elsewhere)).toMatchObject({ ending: "computed" });
    });

    test("does not wait for a request that has ended without a result", async () => {
      const { first, second } = await askTwice("wait 501");
      await preempt(first);
      const later = new Date(Date.now() + 31_000);
      const parts = { now: () => later };
      expect(await harness.deliver(read, second, { parts })).toMatchObject({ ending: "computed" });
    });
  });

  test("is asked for with the wants of steps that are younger than this worker's code, and not its siblings'", async () => {
    const message = await harness.accept("younger steps", ["read", "words", "copy", "plugged-in"]);
    await harness.deliver(read, message);
    const text = harness.ready.pop();
    if (!text) throw new Error("expected an announcement");
    await expire(message.master);
    expect(await harness.deliver(words, text)).toMatchObject({ ending: "rebuild-requested" });
    expect(harness.ready.pop()?.wants).toEqual(["read", "words", "plugged-in"]);
  });

  test("is left alone when everything that needed it is done", async () => {
    const message = await harness.accept("done long ago");
    await harness.deliverAll(message);
    await expire(message.master);
    harness.outcomes.length = 0;
    const endings = await harness.deliverAll(message);
    expect(endings).toEqual({ read: ["skipped"], words: ["skipped"], copy: ["skipped"] });
    expect(lines(harness.outcomes)).toHaveLength(3);
  });
});

describe("a step on long input", () => {
  const draining = AbortSignal.abort();
  const spelt = (text: string) => [...text.toUpperCase()].map((letter) => `${letter}.`).join("");
  const payloadOf = async (message: (typeof harness.ready)[number] | undefined) => {
    if (message?.record.outcome.status !== "succeeded" || !message.record.outcome.payload)
      throw new Error("no payload");
    return (await harness.store.readObject(message.record.outcome.payload)).toString();
  };
  const announcedText = async (text: string) => {
    await harness.deliver(read, await harness.accept(text, ["read", "words", "spell"]));
    const message = harness.ready.pop();
    if (!message) throw new Error("expected an announcement");
    return message;
  };
  const leftovers = async () => {
    const prefix = { bucket: harness.names.bucket("scratch"), prefix: "" };
    const { objects } = await harness.store.listObjects(prefix);
    return objects.filter((object) => object.name.includes(".run/")).map((object) => object.name);
  };

  test("that fits into one attempt is joined by storage and leaves nothing behind", async () => {
    const message = await announcedText("at once");
    expect(await harness.deliver(spell, message)).toMatchObject({ ending: "computed" });
    expect(await payloadOf(harness.ready[0])).toBe(spelt("at once"));
    expect(await leftovers()).toEqual([]);
  });

  test("hands on at every checkpoint while workers drain, and comes to the same end", async () => {
    const text = "a text of more than thirty-two letters";
    let message = await announcedText(text);
    for (let handedOn = 0; handedOn < text.length; handedOn++) {
      expect(await harness.deliver(spell, message, { parts: { draining } })).toMatchObject({
        ending: "handed-on",
      });
      const continuation = harness.ready.pop();
      if (!continuation) throw new Error("expected a continuation");
      // For this step alone: the siblings have heard of the input.
      expect(continuation).toMatchObject({ wants: ["spell"], checkpoint: handedOn + 1 });
      message = continuation;
    }
    expect(await harness.deliver(spell, message, { parts: { draining } })).toMatchObject({
      ending: "computed",
    });
    expect(harness.ready[0]?.record.outcome).toMatchObject({
      facts: { letters: text.length, attempts: text.length + 1 },
    });
    expect(harness.ready[0]).not.toHaveProperty("checkpoint");
    expect(await payloadOf(harness.ready[0])).toBe(spelt(text));
    expect(await leftovers()).toEqual([]);
  });

  test("counts what all its attempts have used", async () => {
    let message = await announcedText("abc");
    let seconds = 0;
    const parts = { draining, gpuShare: 0.5, now: () => new Date(1000 * seconds++) };
    let cpuMs: number | null = 0;
    for (let handedOn = 0; handedOn < 3; handedOn++) {
      await harness.deliver(spell, message, { parts });
      const address = fleet.chain.addressesFor(message.master).get("spelt") ?? "";
      const spent = (await createCheckpoints(harness.store, harness.names).latest(address))?.spent;
      expect(spent).toMatchObject({ gpuMs: 500 * (handedOn + 1) });
      expect(spent?.cpuMs).toBeGreaterThan(cpuMs ?? 0);
      cpuMs = spent?.cpuMs ?? null;
      message = harness.ready.pop() ?? message;
    }
    await harness.deliver(spell, message, { parts });
    const { attempt } = harness.outcomes.at(-1) ?? {};
    expect(attempt).toMatchObject({ gpuMs: 2_000 });
    expect(attempt?.earlier.map(({ durationMs }) => durationMs)).toEqual([1_000, 1_000, 1_000]);
    expect(attempt?.cpuMs).toBeGreaterThan(cpuMs ?? 0);
  });

  test("hands on what steps that are younger than this worker's code are wanted for", async () => {
    const message = await announcedText("younger");
    const wants = [...message.wants, "plugged-in"];
    await harness.deliver(spell, { ...message, wants }, { parts: { draining } });
    const continuation = harness.ready.pop();
    if (!continuation) throw new Error("expected a continuation");
    expect(continuation.wants).toEqual(["spell", "plugged-in"]);
    expect(await harness.deliver(spell, continuation)).toMatchObject({ ending: "computed" });
    // What follows from the step hears of it from the one that ends the run.
    expect(harness.ready.pop()?.wants).toEqual(["spell", "plugged-in"]);
  });

  test("leaves the joining of many files to an attempt of its own, once", async () => {
    const text = "more than thirty-two letters, all at once";
    const message = await announcedText(text);
    expect(await harness.deliver(spell, message)).toMatchObject({ ending: "handed-on" });
    const continuation = harness.ready.pop();
    if (!continuation) throw new Error("expected a continuation");
    expect(continuation).toMatchObject({ checkpoint: 1 });
    expect(await harness.deliver(spell, continuation)).toMatchObject({ ending: "computed" });
    expect(await payloadOf(harness.ready[0])).toBe(spelt(text));
    expect(await leftovers()).toEqual([]);
  });

  test("goes on from the checkpoint when the worker that stored it died before it announced it", async () => {
    const message = await announcedText("died");
    await harness.deliver(spell, message, { parts: { draining } });
    harness.ready.length = 0;
    expect(await harness.deliver(spell, message, { deliveryAttempt: 2 })).toMatchObject({
      ending: "computed",
    });
    expect(harness.ready[0]?.record.outcome).toMatchObject({ facts: { attempts: 2 } });
    expect(await payloadOf(harness.ready[0])).toBe(spelt("died"));
  });

  test("asks for its input again when that expires while it is read in ranges", async () => {
    const message = await announcedText("expired");
    const address = fleet.chain.addressesFor(message.master).get("text");
    await harness.store.deleteObject({ bucket: harness.names.bucket("scratch"), name: `${address}.txt` });
    expect(await harness.deliver(spell, message)).toEqual({ ending: "rebuild-requested", settled: "ack" });
  });
});

test("a kept payload that was lost or damaged is made again", async () => {
  const message = await harness.accept("a lost asset");
  await harness.deliverAll(message);
  const address = fleet.chain.addressesFor(message.master).get("copy");
  const ref = { bucket: harness.names.bucket("assets"), name: `${address}.txt` };
  await harness.store.writeObject({ ...ref, body: Buffer.from("damaged"), createOnly: false });
  const endings = await harness.deliverAll(message);
  expect(endings.copy).toEqual(["computed"]);
  expect((await harness.store.readObject(ref)).toString()).toBe("a lost asset|A LOST ASSET");
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
