import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { UsageRow } from "@segue/local-cloud/usage";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeMaster } from "../../bench/chain/make-master.ts";
import { countTrack } from "../../bench/cost/count-track.ts";
import { sumOf } from "../../bench/cost/read-sample.ts";
import type { FleetUnderTest } from "../support/fleet-under-test.ts";

/**
 * What a new track of nine steps may use of the cloud: what it uses today. Raise none of them without a word in docs/cost.md on what it
 * buys. Listings are left out: a fleet lists what is registered from time to time, tracks or not.
 */
const limits = { written: 17, readWhole: 11, published: 14, unheard: 0 };
/** Of a 10-second track: 1.8 MB of PCM go up once, and come down for three steps. */
const limitsMB = { up: 3.2, down: 7.5 };

/** Some use more than they need: a fleet that has just started reads what is registered, and a starved attempt is made again. */
const tracks = 3;

/** Of a fleet that runs, and has nothing to do, when the tests do. */
export function testCost(fleet: () => FleetUnderTest): void {
  const counted: (readonly UsageRow[])[] = [];
  const leastOf = (use: (rows: readonly UsageRow[]) => number) => Math.min(...counted.map(use));
  const dir = mkdtempSync(join(tmpdir(), "segue-cost-"));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  beforeAll(async () => {
    const { fleet: running, dataDir } = fleet();
    const { apiUrl, processes } = running;
    for (let index = 0; index < tracks; index++) {
      const { path } = await makeMaster({ seed: 4711 + index, durationSec: 10, format: "mp3", dir });
      counted.push((await countTrack({ apiUrl, processes, dataDir }, path)).rows);
    }
  });

  test("a track writes no more objects than it did, and reads none more often", () => {
    const written = leastOf((rows) => chargedIn(rows, "A") - listedIn(rows));
    expect(written).toBeLessThanOrEqual(limits.written);
    expect(leastOf((rows) => chargedIn(rows, "B"))).toBeLessThanOrEqual(limits.readWhole);
  });

  test("it moves no more bytes", () => {
    const megabytes = (direction: string) =>
      leastOf((rows) => sumOf(rows, "storage_bytes", { direction }) / 1e6);
    expect(megabytes("up")).toBeLessThanOrEqual(limitsMB.up);
    expect(megabytes("down")).toBeLessThanOrEqual(limitsMB.down);
  });

  test("it publishes no more messages, and none that nobody takes", () => {
    const heard = (rows: readonly UsageRow[]) => sumOf(rows, "published_messages", { to: "somebody" });
    expect(leastOf((rows) => sumOf(rows, "published_messages"))).toBeLessThanOrEqual(limits.published);
    expect(leastOf((rows) => sumOf(rows, "published_messages") - heard(rows))).toBe(limits.unheard);
  });
}

function chargedIn(rows: readonly UsageRow[], of: "A" | "B"): number {
  return sumOf(rows, "storage_operations", { class: of });
}

function listedIn(rows: readonly UsageRow[]): number {
  const listings = ["objects.list", "buckets.list"];
  return listings.reduce((sum, operation) => sum + sumOf(rows, "storage_operations", { operation }), 0);
}
