import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sumOf, type UsageRow } from "@segue/local-cloud/usage";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeMaster } from "../../bench/chain/make-master.ts";
import { countTrack } from "../../bench/cost/count-track.ts";
import { summariseTrack, type TrackUse } from "../../bench/cost/summarise-track.ts";
import type { FleetUnderTest } from "../support/fleet-under-test.ts";

/**
 * What a new track of eight steps may use of the cloud: what it uses today. Raise none of them without a word in docs/cost.md on what it
 * buys. Listings are left out: a fleet lists what is registered from time to time, tracks or not.
 */
const limits = {
  // Of a 10-second track: 1.8 MB of PCM go up once, and come down for three steps.
  default: { written: 14, readWhole: 10, published: 12, unheard: 0, upMB: 3.2, downMB: 7.5 },
  // The master goes up and comes down; PCM does neither. Records are one object beside the track's, outcomes one message.
  economy: { written: 5, readWhole: 2, published: 3, unheard: 0, upMB: 0.8, downMB: 0.6 },
};

/** Some use more than they need: a fleet that has just started reads what is registered, and a starved attempt is made again. */
const tracks = 3;

/** What a track has used, and how much of its class A are listings. */
type Counted = TrackUse & { readonly listed: number };

/** Of a fleet that runs, and has nothing to do, when the tests do. */
export function testCost(fleet: () => FleetUnderTest, placement: keyof typeof limits = "default"): void {
  const { written, readWhole, published: messages, unheard: lost, upMB, downMB } = limits[placement];
  const counted: Counted[] = [];
  const leastOf = (use: (track: Counted) => number) => Math.min(...counted.map(use));
  const dir = mkdtempSync(join(tmpdir(), "segue-cost-"));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  beforeAll(async () => {
    const { fleet: running, client, dataDir } = fleet();
    const measured = { api: client.api, processes: running.processes, dataDir };
    for (let index = 0; index < tracks; index++) {
      const { path } = await makeMaster({ seed: 4711 + index, durationSec: 10, format: "mp3", dir });
      const { rows } = await countTrack(measured, path);
      counted.push({ ...summariseTrack(rows), listed: listedIn(rows) });
    }
  });

  test("a track writes no more objects than it did, and reads none more often", () => {
    expect(leastOf(({ classA, listed }) => classA - listed)).toBeLessThanOrEqual(written);
    expect(leastOf(({ classB }) => classB)).toBeLessThanOrEqual(readWhole);
  });

  test("it moves no more bytes", () => {
    expect(leastOf(({ upBytes }) => upBytes) / 1e6).toBeLessThanOrEqual(upMB);
    expect(leastOf(({ downBytes }) => downBytes) / 1e6).toBeLessThanOrEqual(downMB);
  });

  test("it publishes no more messages, and none that nobody takes", () => {
    expect(leastOf(({ published }) => published)).toBeLessThanOrEqual(messages);
    expect(leastOf(({ unheard }) => unheard)).toBe(lost);
  });
}

function listedIn(rows: readonly UsageRow[]): number {
  const listings = ["objects.list", "buckets.list"];
  return listings.reduce((sum, operation) => sum + sumOf(rows, "storage_operations", { operation }), 0);
}
