import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ArtifactReady, ArtifactRecord, Task } from "@segue/contracts";
import { StoreUnavailableError } from "@segue/store";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { beforeRecord } from "./fixtures/before-record.ts";
import fleet, { Copy, read, Text } from "./fixtures/fleet.ts";
import { ask, createHarness, requestId } from "./fixtures/harness.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness[Symbol.asyncDispose]());
beforeEach(() => {
  for (const list of [harness.ready, harness.outcomes]) list.length = 0;
});

/** A master of which two builds make different bytes of different lengths, and its address. */
async function accept(name: string) {
  const build = join(dirname(harness.scratchDir), name);
  const message = await harness.accept(`build ${build}`, ["read", "words"]);
  const address = fleet.chain.addressesFor(message.request.master).get("text") ?? "";
  const readRecord = () => harness.artifacts.readRecord(Text, address);
  const use = (made: string) => writeFile(build, made);
  return { message, address, readRecord, use };
}

/** A worker that does something before its record is stored, or dies there. */
const worker = (happens: () => Promise<unknown>) => beforeRecord(harness.artifacts, happens);
const dies = () =>
  worker(async () => {
    throw new StoreUnavailableError("the record", "the worker is gone");
  });

/** Facts and payload are of one run: the length that the facts tell, and the bytes that the record tells. */
async function expectAgreement(record: ArtifactRecord | undefined): Promise<string> {
  if (record?.outcome.status !== "succeeded" || !record.outcome.payload)
    throw new Error("expected a payload");
  const { payload, facts } = record.outcome;
  expect(await harness.artifacts.isIntact(payload)).toBe(true);
  const bytes = (await harness.store.readObject(payload)).toString();
  expect(facts).toEqual({ length: bytes.length });
  return bytes;
}
const announced = () => harness.ready.map(({ record }) => record);
const forced = (message: ArtifactReady, request: number) =>
  ask(message, { requestId: requestId(request), force: ["read"] });
const rebuildOf = ({ request }: ArtifactReady): Task => ({
  v: 1,
  type: "Rebuild",
  step: "read",
  request,
  waiting: ["words"],
  hops: 1,
});

describe("of two workers that make other bytes of the same", () => {
  test("one dies between payload and record: the other's record has the other's payload, and is followed", async () => {
    const { message, readRecord, use } = await accept("dies");
    await use("five!");
    expect(await harness.deliver(read, message, dies())).toMatchObject({ settled: "nack" });
    await use("seven!!");
    expect(await harness.deliver(read, message)).toMatchObject({ ending: "computed" });
    expect(await expectAgreement(await readRecord())).toBe("seven!!");
    await use("five!");
    expect(await harness.deliver(read, message)).toMatchObject({ ending: "skipped" });
    for (const record of announced()) expect(await expectAgreement(record)).toBe("seven!!");
  });

  test("both die there: the next one's record has its own payload, and no name is used twice for one", async () => {
    const { message, address, readRecord, use } = await accept("both-die");
    for (const made of ["five!", "seven!!"]) {
      await use(made);
      expect(await harness.deliver(read, message, dies())).toMatchObject({ settled: "nack" });
    }
    expect(await harness.deliver(read, message)).toMatchObject({ ending: "computed" });
    expect(await expectAgreement(await readRecord())).toBe("seven!!");
    const { objects } = await harness.store.listObjects({
      bucket: harness.names.bucket("scratch"),
      prefix: `${address}.`,
    });
    expect(objects).toHaveLength(2);
  });

  test("the second stores payload and record between the first's two: its record holds, and both announce it", async () => {
    const { message, readRecord, use } = await accept("second-first");
    await use("five!");
    const between = worker(async () => {
      await use("seven!!");
      expect(await harness.deliver(read, message)).toMatchObject({ ending: "computed" });
    });
    expect(await harness.deliver(read, message, between)).toMatchObject({ ending: "computed" });
    expect(await expectAgreement(await readRecord())).toBe("seven!!");
    expect(announced()).toHaveLength(2);
    for (const record of announced()) expect(record).toEqual(await readRecord());
  });

  test("the second stores its payload between, and the first's record is there before the second's: it holds", async () => {
    const { message, readRecord, use } = await accept("first-first");
    await use("five!");
    let second: Promise<unknown> | undefined;
    let firstIsStored = () => {};
    const afterFirst = new Promise<void>((resolve) => {
      firstIsStored = resolve;
    });
    const first = worker(async () => {
      await use("seven!!");
      await new Promise<void>((hasPayload) => {
        const waits = worker(async () => {
          hasPayload();
          await afterFirst;
        });
        second = harness.deliver(read, message, waits);
      });
    });
    expect(await harness.deliver(read, message, first)).toMatchObject({ ending: "computed" });
    firstIsStored();
    expect(await second).toMatchObject({ ending: "computed" });
    expect(await expectAgreement(await readRecord())).toBe("five!");
    expect(announced()).toHaveLength(2);
    for (const record of announced()) expect(record).toEqual(await readRecord());
  });

  test("both are forced, in either order of their records: the last one's holds, with its own payload", async () => {
    const { message, readRecord, use } = await accept("forced");
    await use("once");
    await harness.deliver(read, message);
    await use("five!");
    const between = worker(async () => {
      await use("seven!!");
      await harness.deliver(read, forced(message, 2));
      expect(await expectAgreement(await readRecord())).toBe("seven!!");
    });
    await harness.deliver(read, forced(message, 1), between);
    expect(await expectAgreement(await readRecord())).toBe("five!");
    for (const record of announced()) await expectAgreement(record);
  });
});

describe("a record that is there", () => {
  test("keeps its payload while a forced run's is stored, and if that run dies before its record", async () => {
    const { message, readRecord, use } = await accept("forced-dies");
    await use("five!");
    await harness.deliver(read, message);
    await use("seven!!");
    expect(await harness.deliver(read, forced(message, 3), dies())).toMatchObject({ settled: "nack" });
    expect(await expectAgreement(await readRecord())).toBe("five!");
  });

  test("never speaks of another build's bytes when an expired payload is made again", async () => {
    const { message, readRecord, use } = await accept("expired");
    const rebuild = rebuildOf(message);
    await use("five!");
    await harness.deliver(read, message);
    const before = await readRecord();
    if (before?.outcome.status !== "succeeded" || !before.outcome.payload) throw new Error("no payload");
    await harness.store.deleteObject(before.outcome.payload);
    await use("seven!!");
    expect(await harness.deliver(read, rebuild, dies())).toMatchObject({ settled: "nack" });
    // Gone is not wrong: the record still says what its payload must be.
    expect(await harness.store.statObject(before.outcome.payload)).toBeUndefined();
    expect(await harness.deliver(read, rebuild)).toMatchObject({ ending: "computed" });
    expect(await expectAgreement(await readRecord())).toBe("seven!!");
  });

  test("whose payload is damaged gets the same bytes back where it says", async () => {
    const { message, readRecord, use } = await accept("damaged");
    await use("five!");
    await harness.deliver(read, message);
    const before = await readRecord();
    if (before?.outcome.status !== "succeeded" || !before.outcome.payload) throw new Error("no payload");
    const { bucket, name } = before.outcome.payload;
    await harness.store.writeObject({ bucket, name, body: Buffer.from("?"), createOnly: false });
    const rebuild = rebuildOf(message);
    expect(await harness.deliver(read, rebuild)).toMatchObject({ ending: "computed" });
    expect((await readRecord())?.outcome).toEqual(before.outcome);
    expect(await expectAgreement(await readRecord())).toBe("five!");
  });
});

test.each([
  ["text", Text, "scratch"],
  ["copy", Copy, "assets"],
] as const)(
  "a %s that storage joins takes no other's place, and leaves nothing of the joining",
  async (_k, kind, role) => {
    const address = "c".repeat(64);
    const piece = async (name: string, bytes: string) => {
      const ref = { bucket: harness.names.bucket("scratch"), name: `pieces/${role}/${name}` };
      await harness.store.writeObject({ ...ref, body: Buffer.from(bytes), createOnly: false });
      return ref.name;
    };
    const join = async (...names: string[]) =>
      (await harness.artifacts.composePayload(kind, address, names, { existing: undefined, replace: false }))
        .payload;
    const [a, b, c] = [await piece("a", "fi"), await piece("b", "ve!"), await piece("c", "ven!!")];
    const first = await join(a, b);
    const other = await join(a, c);
    expect(await join(a, b)).toEqual(first);
    expect((await harness.store.readObject(first)).toString()).toBe("five!");
    expect((await harness.store.readObject(other)).toString()).toBe("fiven!!");
    for (const payload of [first, other]) expect(await harness.artifacts.isIntact(payload)).toBe(true);
    const { objects } = await harness.store.listObjects({
      bucket: harness.names.bucket(role),
      prefix: address,
    });
    expect(objects).toHaveLength(2);
  },
);
