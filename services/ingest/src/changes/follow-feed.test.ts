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

test("of a feed that is closed nobody who goes on asking is kept busy", async () => {
  const feed = followFeed({
    catalog: { changes: async () => nothing },
    announceWanted: async () => {},
    ...{ log, pausesMs },
  });
  feed.close();
  const leaving = new AbortController();
  let asked = 0;
  const asking = (async () => {
    while (!leaving.signal.aborted) {
      asked++;
      await feed.waitBehind({ epoch: "00000000", number: 0 }, leaving.signal);
    }
  })();
  setImmediate(() => leaving.abort());
  await asking;
  expect(asked).toBe(1);
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

test("what happens to others wakes nobody, and is not gone through again by whoever is woken later", async () => {
  const change = (number: number, trackId: string) => ({
    ...{ number, trackId, owner: "default", type: "step.succeeded" as const, requestId: null },
    ...{ state: "processing", step: null, code: null, at: "2026-01-01T00:00:00.000Z" },
  });
  const told = [change(1, "others"), change(2, "others"), change(3, "own")];
  let there = 0;
  const feed = followFeed({
    catalog: {
      changes: async ({ after }) => ({
        ...{ epoch: "00000000", goneThrough: 0, last: there },
        changes: told.slice(after, there),
      }),
    },
    announceWanted: async () => {},
    ...{ log, pausesMs },
  });
  const { signal } = new AbortController();
  const place = { epoch: "00000000", number: 0 };
  let own: unknown;
  const waiting = feed.waitBehind(place, signal, { trackId: "own" }).then((woken) => {
    own = woken;
  });
  for (const count of [1, 2]) {
    // Another one who waits, for anything, is told of each.
    const any = feed.waitBehind({ ...place, number: count - 1 }, signal);
    there = count;
    expect(await any).toEqual({ ...place, number: count - 1 });
  }
  expect(own).toBeUndefined();
  there = 3;
  await waiting;
  expect(own).toEqual({ ...place, number: 2 });
  feed.close();
});

test("many who wait are told together of what happens within a moment, the longer the more they are, and of all of it", async () => {
  let there = 0;
  const looks: { readonly at: number; readonly last: number }[] = [];
  const change = (number: number) => ({
    ...{ number, trackId: "one", owner: "default", type: "step.succeeded" as const, requestId: null },
    ...{ state: "processing", step: null, code: null, at: "2026-01-01T00:00:00.000Z" },
  });
  const feed = followFeed({
    catalog: {
      async changes({ after }) {
        looks.push({ at: performance.now(), last: there });
        const changes = Array.from({ length: Math.max(0, there - after) }, (_, n) => change(after + n + 1));
        return { epoch: "00000000", goneThrough: 0, last: there, changes };
      },
    },
    announceWanted: async () => {},
    ...{ log, pausesMs },
  });
  const { signal } = new AbortController();
  const happening = setInterval(() => {
    there += 1;
  }, 1);
  const follow = async () => {
    for (let number = 0; number < 100; ) {
      await feed.waitBehind({ epoch: "00000000", number }, signal);
      const { changes } = await feed.changes({ after: number, limit: 1_000 });
      for (const { number: next } of changes) {
        expect(next).toBe(number + 1);
        number = next;
      }
    }
  };
  await Promise.all(Array.from({ length: 100 }, follow));
  clearInterval(happening);
  feed.close();
  // A look that has woken all hundred is not followed by another one within 50 ms.
  const told = looks.filter(({ last }, n) => last > (looks[n - 1]?.last ?? 0));
  for (const [n, { at }] of told.slice(1, -1).entries())
    expect(at - (told[n]?.at ?? 0)).toBeGreaterThanOrEqual(45);
});
