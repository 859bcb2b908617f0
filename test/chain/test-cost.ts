import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { sumOf, type UsageRow } from "@segue/local-cloud/usage";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeMaster } from "../../bench/chain/make-master.ts";
import { countTrack } from "../../bench/cost/count-track.ts";
import { readSample, since } from "../../bench/cost/read-sample.ts";
import { readStoredBytes } from "../../bench/cost/stored-bytes.ts";
import { summariseTrack, type TrackUse } from "../../bench/cost/summarise-track.ts";
import type { FleetUnderTest } from "../support/fleet-under-test.ts";

/**
 * What a new track of eight steps may use of the cloud: what it uses today. Raise none of them without a word in docs/cost-counted.md on what it
 * buys. Listings are left out: a fleet looks through storage from time to time for what it was not told of, tracks or not. Statements are
 * counted without what an idle fleet sends meanwhile; they are fewer where messages come at once: this is what they come to where each comes alone.
 */
const limits = {
  // Of a 10-second track: 1.8 MB of PCM go up once, and come down for three steps.
  default: { written: 12, readWhole: 10, published: 12, unheard: 0, upMB: 3.2, downMB: 7.5, statements: 20 },
  // The master goes up and comes down; PCM does neither. Records are one object beside the track's, outcomes one message.
  economy: { written: 5, readWhole: 2, published: 3, unheard: 0, upMB: 0.8, downMB: 0.6, statements: 10 },
};

/** Search takes turns by the time that passes, whatever number of tracks it is about: of a track that comes alone all of them would be its own. */
export const costEnv = { SEGUE_SEARCH: "0" };

/**
 * What a fleet without anything to do may use in the best of a few spans of some seconds: what comes more often than one is long is in each.
 * Storage is not asked at all; the database, whether it lives, and for what is due.
 */
const idle = { spanMs: 12_000, spans: 5, storage: 0, published: 0, statements: 5 };
/** What it sends on the mean, by docs/cost-counted.md: what of a track's statements is not its own. */
const idleStatementsPerMinute = 9;

/** Only what hangs takes so long. */
const hangMs = 120_000;
/** Of small objects that attempts which went wrong leave for those that come again. */
const noiseBytes = 10_000;

/** Some use more than they need: a fleet that has just started reads what is registered, and a starved attempt is made again. */
const tracks = 3;

/** What a track has used, how much of its class A are listings, and how many statements an idle fleet would have sent meanwhile. */
export interface Counted {
  readonly use: TrackUse;
  readonly listed: number;
  readonly idleStatements: number;
}

/** @param path of a file that the fleet has not had. */
export async function countNewTrack(running: FleetUnderTest, path: string): Promise<Counted> {
  const { fleet, client, dataDir } = running;
  const measured = { api: client.api, processes: fleet.processes, dataDir };
  const { rows, elapsedMs } = await countTrack(measured, path);
  const idleStatements = Math.ceil((elapsedMs / 60_000) * idleStatementsPerMinute);
  return { use: summariseTrack(rows), listed: listedIn(rows), idleStatements };
}

/** Of a fleet that runs, and has nothing to do, when the tests do. */
export function testCost(fleet: () => FleetUnderTest, placement: keyof typeof limits = "default"): void {
  const {
    written,
    readWhole,
    published: messages,
    unheard: lost,
    upMB,
    downMB,
    statements,
  } = limits[placement];
  const counted: Counted[] = [];
  const leastOf = (use: (track: Counted) => number) => Math.min(...counted.map(use));
  const scratchBytes = async () =>
    (await readStoredBytes(fleet().fleet.env.SEGUE_GCS_ENDPOINT ?? "")).scratch;
  let scratchBefore = 0;
  const dir = mkdtempSync(join(tmpdir(), "segue-cost-"));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  beforeAll(async () => {
    scratchBefore = await scratchBytes();
    for (let index = 0; index < tracks; index++) {
      const { path } = await makeMaster({ seed: 4711 + index, durationSec: 10, format: "mp3", dir });
      counted.push(await countNewTrack(fleet(), path));
    }
  });

  test("a track writes no more objects than it did, and reads none more often", () => {
    expect(leastOf(({ use, listed }) => use.classA - listed)).toBeLessThanOrEqual(written);
    expect(leastOf(({ use }) => use.classB)).toBeLessThanOrEqual(readWhole);
  });

  test("it moves no more bytes", () => {
    expect(leastOf(({ use }) => use.upBytes) / 1e6).toBeLessThanOrEqual(upMB);
    expect(leastOf(({ use }) => use.downBytes) / 1e6).toBeLessThanOrEqual(downMB);
  });

  test("it leaves nothing in scratch for longer than it has to", async () => {
    const left = async () => (await scratchBytes()) - scratchBefore;
    await expect.poll(left, { timeout: hangMs, interval: 500 }).toBeLessThan(noiseBytes);
  });

  test("it sends the database no more statements", () => {
    const own = ({ use, idleStatements }: Counted) => use.statements - idleStatements;
    expect(leastOf(own)).toBeLessThanOrEqual(statements);
  });

  test("it publishes no more messages, and none that nobody takes", () => {
    expect(leastOf(({ use }) => use.published)).toBeLessThanOrEqual(messages);
    expect(leastOf(({ use }) => use.unheard)).toBe(lost);
  });
}

/** Of an idle fleet. Its servers have just been at work: their last looks, and what they clear away, may still be to come, and fall into the first spans. */
export function testIdleCost(fleet: () => FleetUnderTest): void {
  test("a fleet that has nothing to do asks storage for nothing, says nothing, and hardly asks the database", async () => {
    const { fleet: running, dataDir } = fleet();
    const measured = { processes: running.processes, dataDir };
    const most = {
      classA: idle.storage,
      classB: idle.storage,
      published: idle.published,
      statements: idle.statements,
    };
    const over: Partial<TrackUse>[] = [];
    for (let span = 0; span < idle.spans; span++) {
      const before = await readSample(measured);
      await delay(idle.spanMs);
      const { classA, classB, published, statements } = summariseTrack(
        since(before, await readSample(measured)),
      );
      const used = { classA, classB, published, statements };
      if (Object.entries(most).every(([what, limit]) => used[what as keyof typeof used] <= limit)) return;
      over.push(used);
    }
    expect.fail(`expected at most ${JSON.stringify(most)} in one span; they had ${JSON.stringify(over)}`);
  });
}

function listedIn(rows: readonly UsageRow[]): number {
  const listings = ["objects.list", "buckets.list"];
  return listings.reduce((sum, operation) => sum + sumOf(rows, "storage_operations", { operation }), 0);
}
