// Several outputs of one run: all of them count as made, or none does.
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Artifacts } from "@segue/artifacts";
import { recordName } from "@segue/artifacts";
import type { ArtifactReady, ArtifactRecord } from "@segue/contracts";
import { StoreUnavailableError } from "@segue/store";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { beforeRecord } from "./fixtures/before-record.ts";
import { ask, createHarness, requestId, taskOf } from "./fixtures/harness.ts";
import outputsFleet, { outputsFleetUrl, shout, split, unite } from "./fixtures/outputs-fleet.ts";

const { chain } = outputsFleet;
const wants = ["split", "unite", "shout"];
let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness({ fleet: outputsFleet, fleetUrl: outputsFleetUrl });
});
afterAll(() => harness[Symbol.asyncDispose]());
beforeEach(() => {
  for (const list of [harness.ready, harness.tasks, harness.outcomes, harness.deadLetters]) list.length = 0;
});

const addressOf = (master: string, kind: string) => chain.addressesFor(master).get(kind) ?? "";
const recordOf = (master: string, kind: string) =>
  harness.artifacts.readRecord(chain.storedKind(kind), addressOf(master, kind));

/** What lies at the address of a kind: its payload as text, or else its facts. */
async function made(master: string, kind: string): Promise<unknown> {
  const record = await recordOf(master, kind);
  if (record?.outcome.status !== "succeeded") return record?.outcome.status;
  const { payload, facts } = record.outcome;
  return payload ? (await harness.store.readObject(payload)).toString() : facts;
}

const outputsOf = async (master: string) => [
  await made(master, "vowels"),
  await made(master, "rest"),
  await made(master, "tally"),
];
const outputsFrom = (text: string) => [
  text.replace(/[^aeiou]/g, ""),
  text.replace(/[aeiou]/g, ""),
  { letters: text.length, run: text },
];

/** A master of which two runs make other bytes, as two builds of a program do. */
async function acceptBuilt(name: string) {
  const file = join(dirname(harness.scratchDir), name);
  const message = await harness.accept(file, wants);
  return { message, master: message.request.master, use: (text: string) => writeFile(file, text) };
}

/** A worker that does something before its record is stored, or dies there. */
const worker = (happens: () => Promise<unknown>) => beforeRecord(harness.artifacts, happens);

describe("one run", () => {
  test("makes all outputs, each at its own address, and tells of each whom it concerns", async () => {
    const first = await harness.accept("segue", wants);
    const { master } = first.request;
    expect(await harness.deliver(split, first)).toEqual({ ending: "computed", settled: "ack" });
    expect(await outputsOf(master)).toEqual(outputsFrom("segue"));
    const addresses = ["split", "vowels", "rest", "tally"].map((kind) => addressOf(master, kind));
    expect(new Set(addresses).size).toBe(4);
    // Nobody consumes the tally; of the two that `unite` takes, one sets it off.
    expect(harness.ready.map(({ record }) => record.kind).sort()).toEqual(["rest", "vowels"]);
    expect(chain.triggersOf(unite).map(({ name }) => name)).toEqual(["vowels"]);
    const [outcome, ...others] = harness.outcomes;
    expect(others).toEqual([]);
    expect(outcome).toMatchObject({ step: "split", kind: "split", address: addresses[0] });
    expect(outcome?.outputs).toEqual({ vowels: addresses[1], rest: addresses[2], tally: addresses[3] });
  });

  test("serves whoever wants one of them or all", async () => {
    const first = await harness.accept("a serenade", wants);
    const endings = await harness.deliverAll(first);
    expect(endings).toEqual({ split: ["computed"], unite: ["computed"], shout: ["computed"] });
    const { master } = first.request;
    expect(await made(master, "both")).toBe("aeeae| srnd");
    expect(await made(master, "loud")).toBe(" SRND");
  });

  test("is enough: again, it is told and not made, whichever output is asked for", async () => {
    const first = await harness.accept("twice", wants);
    await harness.deliver(split, first);
    const again = ask(first, { requestId: requestId(1), wants: ["split", "shout"] });
    expect(await harness.deliver(split, again)).toEqual({ ending: "skipped", settled: "ack" });
    expect(harness.outcomes.map(({ how }) => how)).toEqual(["computed", "skipped"]);
    expect(harness.outcomes[1]?.outputs).toEqual(harness.outcomes[0]?.outputs);
    expect(harness.ready.at(-1)?.record.kind).toBe("rest");
  });

  test("that fails has failed for all of them, and those that consume one are blocked", async () => {
    const first = await harness.accept("", wants);
    expect((await harness.deliver(split, first)).ending).toBe("failed");
    const { master } = first.request;
    expect(await outputsOf(master)).toEqual(["failed", "failed", "failed"]);
    expect(harness.ready).toEqual([]);
    expect(harness.outcomes[0]?.outputs).toHaveProperty("tally");
    const run = await harness.deliver(shout, taskOf("Run", "shout", first.request));
    // Its producer tells of the failure once more.
    expect(run.ending).toBe("rebuild-requested");
    expect((await harness.deliver(split, first)).ending).toBe("failed-before");
  });
});

describe("all or none", () => {
  test("a worker that dies before the record has made nothing, whatever it had stored by then", async () => {
    const { message, master, use } = await acceptBuilt("dies");
    await use("one");
    const dead = worker(async () => {
      throw new StoreUnavailableError("the record", "the worker is gone");
    });
    expect(await harness.deliver(split, message, dead)).toMatchObject({ settled: "nack" });
    expect(await outputsOf(master)).toEqual([undefined, undefined, undefined]);
    await use("another");
    await harness.deliver(split, message, { deliveryAttempt: 2 });
    expect(await outputsOf(master)).toEqual(outputsFrom("another"));
  });

  test("what leads to the record says nothing without it", async () => {
    const { message, master, use } = await acceptBuilt("between");
    await use("between");
    const { store, names } = harness;
    const own = recordName(addressOf(master, "split"));
    // Between the last pointer and the record of all: as if the process ended there.
    const cut = worker(async () => {
      await harness.artifacts.storeRecord(chain.storedKind("split"), await blankRecord(message), {
        replace: false,
      });
      await store.deleteObject({ bucket: names.bucket("records"), name: own });
      throw new StoreUnavailableError("the record", "the worker is gone");
    });
    await harness.deliver(split, message, cut);
    expect(
      await store.statObject({
        bucket: names.bucket("records"),
        name: recordName(addressOf(master, "vowels")),
      }),
    ).toBeDefined();
    expect(await outputsOf(master)).toEqual([undefined, undefined, undefined]);
    expect((await harness.deliver(unite, taskOf("Run", "unite", message.request))).ending).toBe(
      "rebuild-requested",
    );
    await harness.deliver(split, message, { deliveryAttempt: 2 });
    expect(await outputsOf(master)).toEqual(outputsFrom("between"));
  });

  test("of two workers at the same moment one run holds as a whole, and both tell of that one", async () => {
    const { message, master, use } = await acceptBuilt("race");
    await use("the slower");
    const slower = worker(async () => {
      await use("the faster one");
      await harness.deliver(split, message);
    });
    expect((await harness.deliver(split, message, slower)).ending).toBe("computed");
    expect(await outputsOf(master)).toEqual(outputsFrom("the faster one"));
    const [a, b] = harness.outcomes;
    expect(a?.outcome).toEqual(b?.outcome);
    for (const { record } of harness.ready) expect(record).toEqual(await recordOf(master, record.kind));
  });
});

describe("made again", () => {
  test("one output that has expired: all of them by one run, for whoever waits", async () => {
    const { message, master, use } = await acceptBuilt("expires");
    await use("early");
    await harness.deliver(split, message);
    const fact = harness.ready.find(({ record }) => record.kind === "rest");
    await dropPayload(master, "rest");
    await use("late");
    const endings = await harness.deliverAll(fact ?? message);
    expect(endings).toEqual({ shout: ["rebuild-requested", "computed"], split: ["computed"] });
    expect(await outputsOf(master)).toEqual(outputsFrom("late"));
    expect(await made(master, "loud")).toBe("LT");
  });

  test("an expired intermediate that nobody waits for is left alone; a kept one that is gone is not", async () => {
    const first = await harness.accept("kept", wants);
    const { master } = first.request;
    await harness.deliver(split, first);
    await dropPayload(master, "rest");
    expect((await harness.deliver(split, first, { id: "again" })).ending).toBe("skipped");
    await dropPayload(master, "vowels");
    expect((await harness.deliver(split, first, { id: "and again" })).ending).toBe("computed");
    expect(await outputsOf(master)).toEqual(outputsFrom("kept"));
  });

  test("an output that the step has got since is missing; the others are found where they were", async () => {
    const first = await harness.accept("tallied", wants);
    const { master } = first.request;
    await harness.deliver(split, first);
    const before = await recordOf(master, "vowels");
    await writeRecord(withoutOutput(await recordOf(master, "split"), "tally"));
    expect(await outputsOf(master)).toEqual([...outputsFrom("tallied").slice(0, 2), undefined]);
    expect((await harness.deliver(split, first, { id: "again" })).ending).toBe("computed");
    expect(await outputsOf(master)).toEqual(outputsFrom("tallied"));
    expect((await recordOf(master, "vowels"))?.outcome).toEqual(before?.outcome);
  });

  test.each([
    ["at two moments", {}],
    ["in one millisecond", { now: () => new Date(1_800_000_000_000) }],
  ])("whoever takes two outputs is never given those of two runs: %s", async (when, clock) => {
    const { message, master, use } = await acceptBuilt(`two runs ${when}`);
    await use("the first");
    await harness.deliver(split, message, { parts: clock });
    const told = harness.ready.find(({ record }) => record.kind === "vowels");
    await use("the second one");
    const forced = ask(message, { requestId: requestId(4), force: ["split"] });
    const { artifacts } = harness;
    // Made anew between two looks: nobody can tell which of the two is which.
    let looks = 0;
    const anew = Promise.withResolvers<void>();
    const readRecord: Artifacts["readRecord"] = async (kind, address) => {
      if (kind.name === "rest") await anew.promise;
      const record = await artifacts.readRecord(kind, address);
      if (kind.name === "vowels" && looks++ === 0)
        await harness.deliver(split, forced, { parts: clock }).then(() => anew.resolve());
      return record;
    };
    const between = { parts: { artifacts: { ...artifacts, readRecord } } };
    const torn = await harness.deliver(unite, taskOf("Run", "unite", message.request), between);
    expect(torn).toEqual({ ending: "handed-back", settled: "nack" });
    // The fact tells of the first run; both outputs are read of the second. They came at one moment: it may be the other fact's to do it.
    expect((await harness.deliver(unite, told ?? message, { deliveryAttempt: 2 })).ending).toBe("computed");
    expect(await made(master, "both")).toBe("eeooe|th scnd n");
  });

  test("forced: once for its request, all of it, and what is told is what holds", async () => {
    const { message, master, use } = await acceptBuilt("forced");
    await use("before");
    await harness.deliver(split, message);
    await use("after it");
    const forced = ask(message, { requestId: requestId(2), force: ["split"] });
    expect((await harness.deliver(split, forced, { id: "f" })).ending).toBe("computed");
    expect((await harness.deliver(split, forced, { id: "f", deliveryAttempt: 2 })).ending).toBe("skipped");
    expect(await outputsOf(master)).toEqual(outputsFrom("after it"));
    for (const { record } of harness.ready.slice(-2))
      expect(record).toEqual(await recordOf(master, record.kind));
  });
});

async function dropPayload(master: string, kind: string): Promise<void> {
  const outcome = (await recordOf(master, kind))?.outcome;
  if (outcome?.status !== "succeeded" || !outcome.payload) throw new Error(`expected a payload of ${kind}`);
  await harness.store.deleteObject(outcome.payload);
}

function withoutOutput(record: ArtifactRecord | undefined, kind: string): ArtifactRecord {
  if (!record?.outputs || record.outcome.status !== "succeeded") throw new Error("expected several outputs");
  const { [kind]: _address, ...outputs } = record.outputs;
  const { [kind]: _made, ...left } = record.outcome.outputs ?? {};
  return { ...record, outputs, outcome: { ...record.outcome, outputs: left } };
}

async function writeRecord(record: ArtifactRecord): Promise<void> {
  const ref = { bucket: harness.names.bucket("records"), name: recordName(record.address) };
  await harness.store.writeObject({ ...ref, body: Buffer.from(JSON.stringify(record)), createOnly: false });
}

/** A record of all outputs that says nothing yet but where they are. */
async function blankRecord({ request: { master } }: ArtifactReady): Promise<ArtifactRecord> {
  const outputs = ["vowels", "rest", "tally"].map((kind) => [kind, addressOf(master, kind)]);
  return {
    v: 1,
    address: addressOf(master, "split"),
    kind: "split",
    step: { name: "split", version: 1 },
    inputs: { master },
    outputs: Object.fromEntries(outputs),
    outcome: { status: "succeeded", facts: null, payload: null, outputs: {} },
    attempt: null,
  };
}
