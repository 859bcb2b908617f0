// A worker dies while its record is on its way, and the record arrives when whoever has its message next is done: nobody would tell of it.
import { createArtifacts, createLedgers } from "@segue/artifacts";
import type { ArtifactReady, StepOutcome, Task } from "@segue/contracts";
import {
  type ObjectStore,
  PreconditionFailedError,
  StoreUnavailableError,
  type WrittenObject,
} from "@segue/store";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Copy, copy, read, Text, words } from "./fixtures/fleet.ts";
import { createHarness, taskOf } from "./fixtures/harness.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness[Symbol.asyncDispose]());
beforeEach(() => {
  for (const list of [harness.ready, harness.tasks, harness.outcomes]) list.length = 0;
});

/** Storage as the worker has it that dies: what it writes to replace a record is on its way until it arrives. */
function openWay(isTaken: (name: string) => boolean = () => true) {
  let onTheWay: (() => Promise<WrittenObject>) | undefined;
  const store: ObjectStore = {
    ...harness.store,
    async writeObject(request) {
      if (request.bucket !== harness.names.bucket("records") || !isTaken(request.name))
        return await harness.store.writeObject(request);
      onTheWay ??= () => harness.store.writeObject(request);
      throw new StoreUnavailableError(request.name, "the worker is gone");
    },
  };
  return {
    store,
    /** @returns whether storage took it. */
    async arrive() {
      if (!onTheWay) throw new Error("expected a write that is on its way");
      return await onTheWay().then(
        ({ created }) => created,
        (error: unknown) => {
          if (error instanceof PreconditionFailedError) return false;
          throw error;
        },
      );
    },
  };
}

interface Placement {
  /** Delivers a message, to a worker that has this storage. */
  deliver(
    message: ArtifactReady | Task,
    through?: ObjectStore,
    deliveryAttempt?: number,
  ): Promise<{ readonly settled: "ack" | "nack" }>;
}

const alone: Placement = {
  deliver: (message, through = harness.store, deliveryAttempt = 1) =>
    harness.deliver(read, message, {
      ...{ deliveryAttempt, parts: { artifacts: createArtifacts(through, harness.names) } },
    }),
};
/** A worker that has the third delivery of a message in a placement with ledgers: what ends workers is found step by step. */
const often: Placement = {
  deliver: (message, through = harness.store, deliveryAttempt = 1) =>
    harness.deliverTogether(message, {
      ...{ house: [read, words, copy], keepsLedger: true },
      deliveryAttempt: message.type === "Rebuild" ? deliveryAttempt + 2 : deliveryAttempt,
      partsOf: () => ({ artifacts: createArtifacts(through, harness.names) }),
    }),
};
const together: Placement = {
  deliver: (message, through = harness.store, deliveryAttempt = 1) =>
    harness.deliverTogether(message, {
      ...{ house: [read, words, copy], keepsLedger: true, deliveryAttempt },
      ledgers: createLedgers(through, harness.names),
    }),
};

/** Its text has expired, and was made anew by a worker that died before it knew that its record was there. */
async function dieWritingAnew(place: string, { deliver }: Placement) {
  const message = await harness.accept(`${place} ${performance.now()}`, ["read", "words"]);
  await deliver(message);
  const address = harness.chain.addressesFor(message.request.master).get("text") ?? "";
  await harness.store.deleteObject({ bucket: harness.names.bucket("scratch"), name: `${address}.txt` });
  const rebuild = taskOf("Rebuild", "read", message.request, { waiting: ["elsewhere"] });
  const way = openWay();
  expect(await deliver(rebuild, way.store)).toMatchObject({ settled: "nack" });
  harness.outcomes.length = 0;
  const stored = async () => {
    const { records } = await harness.ledgers.of(message.request.master).read();
    const own = await harness.artifacts.readRecord(Text, address);
    return own ?? records.find((each) => each.address === address);
  };
  return { ...way, rebuild, stored };
}
const lastTold = (): StepOutcome | undefined => harness.outcomes.findLast(({ step }) => step === "read");

describe.each([
  ["in an object of its own", alone],
  ["in a ledger", together],
  ["in a ledger, by one that would have an object of its own,", often],
])("a record %s that was to be replaced", (place, placement) => {
  const { deliver } = placement;
  test("is the one that holds, once it was told of", async () => {
    const { rebuild, arrive, stored } = await dieWritingAnew(place, placement);
    const before = await stored();
    expect(await deliver(rebuild, harness.store, 2)).toMatchObject({ settled: "ack" });
    expect(lastTold()).toMatchObject({ how: "skipped", madeAt: before?.attempt?.finishedAt });
    expect(await arrive()).toBe(false);
    expect(await stored()).toEqual(before);
  });

  test("is told of no more, once the other is there", async () => {
    const { rebuild, arrive, stored } = await dieWritingAnew(place, placement);
    const before = await stored();
    expect(await arrive()).toBe(true);
    const after = await stored();
    expect(after?.attempt?.finishedAt).not.toBe(before?.attempt?.finishedAt);
    await deliver(rebuild, harness.store, 2);
    expect(lastTold()).toMatchObject({ how: "skipped", madeAt: after?.attempt?.finishedAt });
    expect(await stored()).toEqual(after);
  });

  test("is told of no more, where the other arrives between two looks", async () => {
    const { rebuild, arrive, stored } = await dieWritingAnew(place, placement);
    let looks = 0;
    const through: ObjectStore = {
      ...harness.store,
      async writeObject(request) {
        const isRecord = request.bucket === harness.names.bucket("records");
        if (isRecord && looks++ === 0) expect(await arrive()).toBe(true);
        return await harness.store.writeObject(request);
      },
    };
    await deliver(rebuild, through, 2);
    expect(looks).toBeGreaterThan(0);
    expect(lastTold()).toMatchObject({ madeAt: (await stored())?.attempt?.finishedAt });
  });
});

test.each([
  ["in an object of its own", alone],
  ["in a ledger", together],
])(
  "a record %s is not written again for a message that comes for the first time",
  async (place, placement) => {
    const { rebuild } = await dieWritingAnew(place, placement);
    const written: string[] = [];
    const through: ObjectStore = {
      ...harness.store,
      async writeObject(request) {
        if (request.bucket === harness.names.bucket("records")) written.push(request.name);
        return await harness.store.writeObject(request);
      },
    };
    await placement.deliver(rebuild, through);
    expect(written).toEqual([]);
  },
);

test("what one attempt did after the delivered step is fenced as well, where the next worker hands that on", async () => {
  const message = await harness.accept(`handed on ${performance.now()}`, ["read", "copy"]);
  const house = [read, words, copy];
  await harness.deliverTogether(message, { house });
  const address = harness.chain.addressesFor(message.request.master).get("copy") ?? "";
  const stored = () => harness.artifacts.readRecord(Copy, address);
  const first = await stored();
  if (first?.outcome.status !== "succeeded" || !first.outcome.payload) throw new Error("expected a copy");
  // It has a record of its own, and its file is lost.
  await harness.artifacts.fenceRecord(Copy, first);
  await harness.store.deleteObject(first.outcome.payload);
  const way = openWay((name) => name.startsWith(address));
  const partsOf = () => ({ artifacts: createArtifacts(way.store, harness.names) });
  await harness.deliverTogether(message, { house, deliveryAttempt: 2, partsOf });
  for (const list of [harness.ready, harness.sent]) list.length = 0;
  // Step by step, from the third delivery on: the text is there, and its fact goes to the queue.
  await harness.deliverTogether(message, { house, deliveryAttempt: 3 });
  const [text] = harness.ready;
  const sent = harness.sent.find(({ topic }) => topic === "text");
  if (!text || !sent) throw new Error("expected a fact of the text");
  await harness.deliverTogether(text, { house, attributes: sent.attributes });
  expect(await way.arrive()).toBe(false);
  const told = harness.outcomes.findLast(({ step }) => step === "copy");
  expect(told?.madeAt).toBe((await stored())?.attempt?.finishedAt);
});
