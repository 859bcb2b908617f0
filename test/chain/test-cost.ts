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

/** Of a fleet that runs, and has nothing to do, when the tests do. */
export function testCost(fleet: () => FleetUnderTest): void {
  let rows: readonly UsageRow[];
  const dir = mkdtempSync(join(tmpdir(), "segue-cost-"));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  beforeAll(async () => {
    const { path } = await makeMaster({ seed: 4711, durationSec: 10, format: "mp3", dir });
    const { fleet: running, dataDir } = fleet();
    const { apiUrl, processes } = running;
    ({ rows } = await countTrack({ apiUrl, processes, dataDir }, path));
  });

  test("a track writes no more objects than it did, and reads none more often", () => {
    const charged = (of: "A" | "B") => sumOf(rows, "storage_operations", { class: of });
    const listed = ["objects.list", "buckets.list"].reduce(
      (sum, operation) => sum + sumOf(rows, "storage_operations", { operation }),
      0,
    );
    expect(charged("A") - listed).toBeLessThanOrEqual(limits.written);
    expect(charged("B")).toBeLessThanOrEqual(limits.readWhole);
  });

  test("it moves no more bytes", () => {
    const megabytes = (direction: string) => sumOf(rows, "storage_bytes", { direction }) / 1e6;
    expect(megabytes("up")).toBeLessThanOrEqual(limitsMB.up);
    expect(megabytes("down")).toBeLessThanOrEqual(limitsMB.down);
  });

  test("it publishes no more messages, and none that nobody takes", () => {
    const published = sumOf(rows, "published_messages");
    expect(published).toBeLessThanOrEqual(limits.published);
    expect(published - sumOf(rows, "published_messages", { to: "somebody" })).toBe(limits.unheard);
  });
}
