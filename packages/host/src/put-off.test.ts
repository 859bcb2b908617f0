// What says nothing of a track ends none, and does not come round hot: hours of it, on a clock of the test's own.
import { returnedAttribute, StepError, storyAttribute } from "@segue/contracts";
import { createHarness, poolOf, read, testSubscription } from "@segue/runner/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startWorkerCloud } from "./fixtures/worker-cloud.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness[Symbol.asyncDispose]());
beforeEach(() => {
  harness.deadLetters.length = 0;
  harness.outcomes.length = 0;
});

const sentAgain = (times: number) => ({ [returnedAttribute]: String(times) });
const minuteMs = 60_000;
/** What the queue does at its most patient: a delivery a minute, and after twenty the message is sent again under another id. */
const patience = 20;

function createQueue(startMs = Date.UTC(2026, 0, 1)) {
  let deliveries = 0;
  const now = () => new Date(startMs + deliveries * minuteMs);
  return {
    now,
    async deliverNext(
      message: Parameters<typeof harness.deliver>[1] & object,
      parts: object,
      own: Readonly<Record<string, string>> = {},
    ) {
      const returned = Math.floor(deliveries / patience);
      const deliveryAttempt = (deliveries % patience) + 1;
      deliveries += 1;
      const attributes: Record<string, string> = { ...own, ...(returned === 0 ? {} : sentAgain(returned)) };
      const id = `${startMs}-${returned}`;
      const options = { id, deliveryAttempt, attributes, parts: { now, ...parts } };
      return { id, ...(await harness.deliver(read, message, options)) };
    },
  };
}

/** A machine without time: what its attempts come to, and how many there were. */
function createBusyPool(error: StepError) {
  let attempts = 0;
  const pool = poolOf(async () => {
    attempts += 1;
    throw error;
  });
  return { pool, attempts: () => attempts };
}

test("what a worker has put off whose clock is a day ahead waits for no day", async () => {
  const message = await harness.accept("put off by a clock that is ahead");
  const { pool } = createBusyPool(new StepError("starved", "it mostly waited"));
  const tomorrow = () => new Date(Date.now() + 86_400_000);
  const ahead = await harness.deliver(read, message, { parts: { pool, now: tomorrow } });
  expect(ahead.ending).toBe("put-off");
  expect((await harness.deliver(read, message, { deliveryAttempt: 2 })).ending).toBe("computed");
});

test("a track that starves for hours ends when the machine has time, and is tried less and less often until then", async () => {
  const message = await harness.accept("starves for hours");
  const queue = createQueue();
  const { pool, attempts } = createBusyPool(new StepError("starved", "it mostly waited"));
  const attemptedAfter: number[] = [];
  for (let minute = 0; minute < 6 * 60; minute++) {
    const before = attempts();
    const { ending, settled, id } = await queue.deliverNext(message, { pool, maxFailures: 2 });
    expect(settled).toBe("nack");
    expect(ending).toBe(attempts() > before ? "put-off" : "handed-back");
    if (attempts() > before) attemptedAfter.push(minute);
    if (minute % patience === patience - 1)
      expect(
        (await harness.stories.read({ id, subscription: testSubscription, step: "read" })).entries,
      ).toEqual([]);
  }
  const pauses = attemptedAfter.slice(1).map((minute, index) => minute - (attemptedAfter[index] ?? 0));
  // In whole minutes, as the queue delivers.
  expect(pauses.slice(0, 6)).toEqual([1, 1, 2, 4, 8, 15]);
  expect(new Set(pauses.slice(6))).toEqual(new Set([15]));
  expect(harness.deadLetters).toEqual([]);
  expect(harness.outcomes).toEqual([]);

  const endings = [];
  while (endings.at(-1) !== "computed" && endings.length < 20)
    endings.push((await queue.deliverNext(message, { maxFailures: 2 })).ending);
  expect(endings.at(-1)).toBe("computed");
});

test("a result that somebody else has made meanwhile is not waited for", async () => {
  const message = await harness.accept("made by another");
  const queue = createQueue();
  const { pool } = createBusyPool(new StepError("starved", "it mostly waited"));
  for (let n = 0; n < 10; n++) await queue.deliverNext(message, { pool });
  expect((await queue.deliverNext(message, {})).ending).toBe("handed-back");
  expect((await harness.deliver(read, message)).ending).toBe("computed");
  expect((await queue.deliverNext(message, {})).ending).toBe("skipped");
});

test("what does count goes on counting when the queue has given up and the message is sent again", async () => {
  const message = await harness.accept("throw twice");
  const attributes = { [storyAttribute]: "one and the same" };
  expect((await harness.deliver(read, message, { id: "a", attributes })).ending).toBe("retried");
  const again = { id: "b", attributes: { ...attributes, ...sentAgain(1) } };
  expect((await harness.deliver(read, message, again)).ending).toBe("dead-lettered");
  expect(harness.deadLetters).toMatchObject([{ error: { code: "retries-exhausted", attempts: 2 } }]);
});

test("a message that has ended a worker is still suspect when it is sent again", async () => {
  const message = await harness.accept("took its worker along");
  const attributes = { [storyAttribute]: "a crash" };
  const key = { id: "c", subscription: testSubscription, attributes, step: "read" };
  await harness.stories.begin(key, { worker: "crashed", at: new Date().toISOString() });
  harness.logged.length = 0;
  const again = { id: "d", attributes: { ...attributes, ...sentAgain(1) } };
  const { ending } = await harness.deliver(read, message, again);
  expect(ending).toBe("computed");
  expect(harness.logged).toContainEqual(
    expect.objectContaining({ message: expect.stringContaining("in quarantine") }),
  );
});

test("a message that loses worker after worker is tried after longer and longer pauses, before it is given up", async () => {
  const message = await harness.accept("loses worker after worker");
  const queue = createQueue();
  const attributes = { [storyAttribute]: "lost workers" };
  const { pool, attempts } = createBusyPool(new StepError("aborted", "its node was taken away"));
  const quarantine = { enter: () => ({ [Symbol.dispose]() {} }), run: pool.run };
  const attemptedAfter: number[] = [];
  let ending: string | undefined;
  let minutes = 0;
  // Nobody lives to close the chapter, and to take the pause back.
  const holds = { ...harness.partsFor(read).holds, discard: async () => {}, restore: async () => {} };
  const stories = {
    ...harness.stories,
    begin: async (...asked: Parameters<typeof harness.stories.begin>) => ({
      ...(await harness.stories.begin(...asked)),
      end: async () => {},
    }),
  };
  for (; minutes < 60 && ending !== "dead-lettered"; minutes++) {
    const before = attempts();
    const parts = { pool, quarantine, stories, holds, maxFailures: 4 };
    ({ ending } = await queue.deliverNext(message, parts, attributes));
    if (attempts() > before) attemptedAfter.push(minutes);
  }
  // The first delivery has no story. Four more are lost at once, and as many after pauses of half a minute, one, two and four.
  expect(attemptedAfter).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 9]);
  expect(minutes).toBe(14);
  expect(harness.deadLetters).toMatchObject([{ error: { code: "retries-exhausted" } }]);
});

const onLinux = test.skipIf(process.platform !== "linux");
const saysWell = (isWell: boolean) => ({ note: async () => isWell, worked() {} });

onLinux("work is never given up for what one machine, or machines that stay unwell, say of it", async () => {
  const message = await harness.accept("full disk everywhere");
  const queue = createQueue();
  for (let n = 0; n < 90; n++) {
    // One worker is well as soon as the work is gone; all others are broken by themselves.
    const parts = n % 2 === 0 ? { worker: "small", isWell: true } : { worker: `broken-${n}`, isWell: false };
    const { ending } = await queue.deliverNext(message, {
      maxFailures: 2,
      worker: parts.worker,
      fitness: saysWell(parts.isWell),
    });
    expect(["put-off", "handed-back"]).toContain(ending);
  }
  expect(harness.deadLetters).toEqual([]);
});

onLinux(
  "work that makes one worker after the other unfit is given up, and a replay begins anew",
  async () => {
    const message = await harness.accept("full disk by itself");
    const queue = createQueue();
    const endings = [];
    for (let n = 0; endings.at(-1) !== "dead-lettered" && n < 60; n++) {
      const parts = { maxFailures: 3, worker: `well-${n}`, fitness: saysWell(true) };
      endings.push((await queue.deliverNext(message, parts)).ending);
    }
    expect(endings.filter((ending) => ending === "put-off")).toHaveLength(2);
    expect(endings.at(-1)).toBe("dead-lettered");
    expect(harness.deadLetters).toMatchObject([
      {
        error: {
          code: "retries-exhausted",
          message: expect.stringContaining("3 workers unfit"),
          underlying: { code: "worker-unfit", message: expect.stringContaining("ENOSPC") },
          attempts: 3,
        },
        story: [{ error: { code: "worker-unfit" } }, {}, {}],
      },
    ]);
    expect(harness.outcomes).toMatchObject([{ outcome: { status: "failed" } }]);
    const replayed = { maxFailures: 3, worker: "well-99", fitness: saysWell(true) };
    expect((await harness.deliver(read, message, { parts: replayed })).ending).toBe("put-off");
  },
);

onLinux("its neighbours don't notice, over real workers", { timeout: 300_000 }, async () => {
  await using cloud = await startWorkerCloud();
  const patient = { timeout: 120_000 };
  const first = await cloud.startWorker("reader");
  const poison = await cloud.submit(1, "full disk");
  await expect.poll(() => first.metrics(), patient).toMatch(/ending="put-off"/);
  for (let n = 2; n <= 6; n++) await cloud.submit(n, `neighbour ${n}`);
  await expect.poll(() => cloud.outcomes.length, patient).toBe(5);
  expect(cloud.outcomes.every(({ outcome }) => outcome.status === "succeeded")).toBe(true);
  expect(cloud.deadLetters).toEqual([]);
  first.child.kill("SIGTERM");
  await first.exited;
  // The second of two that are asked for.
  await cloud.startWorker("reader");
  await expect.poll(() => cloud.deadLetters, patient).toMatchObject([{ trackId: poison }]);
  expect(cloud.deadLetters[0]?.error).toMatchObject({
    code: "retries-exhausted",
    underlying: { code: "worker-unfit" },
  });
});
