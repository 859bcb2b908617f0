import type { ReadChanges } from "@segue/catalog-db";
import { createTelemetry } from "@segue/telemetry";
import { expect, test } from "vitest";
import { followFeed } from "./follow-feed.ts";

const { log } = createTelemetry({ service: "ingest", level: "silent" });
const pausesMs = { heard: 1, unheard: 1 };
const nothing: ReadChanges = { epoch: "00000000", goneThrough: 0, last: 0, changes: [] };

test("that somebody waits is told again soon where the queue has refused it, and not once it has taken it", async () => {
  let told = 0;
  let looks = 0;
  const feed = followFeed({
    catalog: {
      async changes() {
        looks++;
        return nothing;
      },
    },
    announceWanted: async () => {
      if (++told < 3) throw new Error("the queue is away");
    },
    ...{ log, pausesMs },
  });
  const leaving = new AbortController();
  const waiting = feed.waitBehind({ epoch: "00000000", number: 0 }, leaving.signal);
  await expect.poll(() => told, { timeout: 30_000 }).toBe(3);
  const before = looks;
  await expect.poll(() => looks, { timeout: 30_000 }).toBeGreaterThan(before + 5);
  expect(told).toBe(3);
  leaving.abort();
  await waiting;
  feed.close();
});

test("a feed that is begun anew again and again while it is read keeps nobody busy", async () => {
  let epoch = 0;
  let reads = 0;
  const feed = followFeed({
    // A look's answer is that of a moment before: others have seen a younger feed by then.
    catalog: {
      async changes() {
        reads++;
        const read = { ...nothing, epoch: String(epoch), last: 10 };
        await new Promise((resolve) => setImmediate(resolve));
        return read;
      },
    },
    announceWanted: async () => {},
    ...{ log, pausesMs: { heard: 3_600_000, unheard: 3_600_000 } },
  });
  for (; epoch < 20; epoch++) {
    const leaving = new AbortController();
    const waiting = feed.waitBehind({ epoch: String(epoch), number: 10 }, leaving.signal);
    await feed.changes({ after: 10, limit: 1, epoch: String(epoch) });
    leaving.abort();
    await waiting;
  }
  const leaving = new AbortController();
  const waiting = (async () => {
    for (let turns = 0; !leaving.signal.aborted; turns++) {
      expect(turns).toBeLessThan(20);
      await feed.changes({ after: 10, limit: 1, epoch: "20" });
      await feed.waitBehind({ epoch: "20", number: 10 }, leaving.signal);
    }
  })();
  for (let turns = 0; turns < 200; turns++) await new Promise((resolve) => setImmediate(resolve));
  expect(reads).toBeLessThan(200);
  leaving.abort();
  await waiting;
  feed.close();
});
