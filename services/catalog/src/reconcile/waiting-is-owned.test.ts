// Tracks that wait in the queue of a step are nobody's to call stuck, however long they wait there.
import { readTrack } from "@segue/catalog-db";
import { testDatabases } from "@segue/catalog-db/testing";
import { createId, defineKind, Master } from "@segue/contracts";
import { wantedByService } from "@segue/scaling";
import { defineFleet, defineService, defineStep } from "@segue/step";
import { expect, test } from "vitest";
import { z } from "zod";
import { applyFacts } from "../apply-facts.ts";
import { outcomeFacts } from "../facts-of.ts";
import { chain, outcome } from "../fixtures/chain.ts";
import { beginQuiet, quietMs } from "../fixtures/quiet-track.ts";
import { createProgress } from "./progress.ts";
import { repairTracks } from "./repair-tracks.ts";

interface BeginOptions {
  /** What this catalog's clock is ahead of its database's. */
  readonly skewMs?: number;
  readonly maxIdleAnnouncements?: number;
}

/** A track that was accepted ten minutes ago, and catalogs that look after it. */
async function begin({ skewMs = 0, maxIdleAnnouncements = 170 }: BeginOptions = {}) {
  const [kind = expect.unreachable()] = testDatabases;
  const begun = await beginQuiet(kind);
  const { pool, track, tasks, clock } = begun;
  const options = { ...begun.options, everyMs: 10_000, maxAnnouncements: 6, maxIdleAnnouncements };
  const catalog = () => {
    const progress = createProgress({ wallMs: () => clock.nowMs + skewMs, elapsedMs: () => clock.nowMs });
    return { progress, look: () => repairTracks({ ...options, progress }) };
  };
  clock.nowMs = Date.parse(track.acceptedAt);
  const first = catalog();
  clock.nowMs = Date.now();
  const older = createId(new Date(clock.nowMs - 3_600_000));
  return {
    ...{ pool, track, tasks, clock, catalog, ...first },
    result: { step: "decode", track_id: older, how: "computed" } as const,
    read: async () => ({
      tasks: tasks.length,
      stuck: (await readTrack(pool, track.trackId))?.stuck ?? null,
    }),
    [Symbol.asyncDispose]: () => begun[Symbol.asyncDispose](),
  };
}
type Begun = Awaited<ReturnType<typeof begin>>;

async function waitBehind(begun: Begun, minutes: number, everyMinutes: number) {
  const { clock, progress, result, look } = begun;
  for (let minute = 0; minute < minutes; minute++) {
    clock.nowMs += quietMs;
    if (minute % everyMinutes === 0) progress.note([result]);
    await look();
  }
}

test.each([
  ["a result a minute", 0, 1],
  ["a result a minute, and this catalog's clock is a minute behind its database's", -61_000, 1],
  ["a result every three minutes: long mixes, one worker", 0, 3],
])(
  "a track that waits in the queue of a step that works is left there: %s",
  async (_, skewMs, everyMinutes) => {
    await using begun = await begin({ skewMs });
    // How long it takes between two results is known once there were two.
    begun.progress.note([begun.result]);
    begun.clock.nowMs += everyMinutes * quietMs;
    await waitBehind(begun, 240, everyMinutes);
    expect(await begun.read()).toEqual({ tasks: 0, stuck: null });
  },
);

test("where each of three catalogs hears a third of the results, none calls it stuck", async () => {
  await using begun = await begin();
  const all = [begun, begun.catalog(), begun.catalog()];
  for (let minute = 0; minute < 600; minute++) {
    begun.clock.nowMs += quietMs;
    all[minute % 3]?.progress.note([begun.result]);
    for (const one of all) await one.look();
  }
  const { stuck, tasks } = await begun.read();
  expect(stuck).toBeNull();
  // Before any of them had heard two.
  expect(tasks).toBeLessThan(4);
});

test("a track whose message is lost is taken up, though this catalog's clock is a day ahead", async () => {
  await using begun = await begin({ skewMs: 86_400_000 });
  begun.progress.note([begun.result]);
  await waitBehind(begun, 600, 1_000);
  expect((await begun.read()).tasks).toBeGreaterThan(0);
});

test("a track that was called stuck, and has gone on, is looked after when its next message is lost", async () => {
  await using begun = await begin({ maxIdleAnnouncements: 2 });
  const { pool, track, tasks, clock, progress, look } = begun;
  await waitBehind(begun, 200, 1_000);
  expect((await begun.read()).stuck).toContain("announced again 2 times");
  for (let hour = 0; hour < 3; hour++) {
    clock.nowMs += 3_600_000;
    await look();
  }
  expect((await begun.read()).stuck).toContain("announced again 2 times");
  const made = { ...outcome(1, "decode"), trackId: track.trackId, master: track.master };
  await applyFacts(pool, chain, outcomeFacts(made));
  tasks.length = 0;
  for (let minute = 0; minute < 24 * 60; minute += 10) {
    clock.nowMs += 10 * quietMs;
    const late = createId(new Date(clock.nowMs - quietMs));
    for (const { name: step } of chain.steps) progress.note([{ step, track_id: late, how: "computed" }]);
    await look();
  }
  expect(tasks.length).toBeGreaterThan(0);
});

const Made = defineKind({ name: "made", retention: "derivative", payload: null, facts: z.object({}) });
const decode = defineStep({
  ...{ name: "decode", version: 1, consumes: { input: Master }, produces: Made },
  ...{ budget: { timeMs: 1_000, memoryMiB: 64 }, setup: async () => null, run: async () => ({}) },
});
const fleet = defineFleet({ decode: defineService({ steps: [decode] }) });

test("after days in which no node was to be had, workers are wanted for what waits in the queue", async () => {
  await using begun = await begin();
  const wanted = async () => {
    const all = await wantedByService(begun.pool, fleet.chain, fleet.services, {});
    return all.map(({ replicas }) => replicas);
  };
  expect(await wanted()).toEqual([1]);
  for (let hour = 0; hour < 72; hour++) {
    begun.clock.nowMs += 3_600_000;
    await begun.look();
  }
  expect(await wanted()).toEqual([1]);
  expect((await begun.read()).stuck).toBeNull();
});
