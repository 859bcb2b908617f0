import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { priceTrack, type StoredBytes } from "@segue/plan";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeMaster } from "../../bench/chain/make-master.ts";
import { readStoredBytes } from "../../bench/cost/stored-bytes.ts";
import type { FleetUnderTest } from "../support/fleet-under-test.ts";
import { type Counted, countNewTrack } from "./test-cost.ts";

/**
 * What an MP3 of four minutes may use of the cloud. Counts are those of any track, which docs/cost-counted.md has; none of them may grow. What was promised of
 * it, in dollars per million, leaves room for no further operation of class A in `economy`, and for two in `default`.
 */
const limits = {
  default: { classA: 12, classB: 10, movedMB: 225, published: 12, statements: 20, dollars: 90 },
  economy: { classA: 5, classB: 2, movedMB: 24, published: 3, statements: 10, dollars: 40 },
};
/** CPU depends on the machine: it is told, and the bill is reckoned with what was promised of it. */
const promisedCpuSec = 4.2;
const durationSec = 240;
/** As MP3 of 320 kbit/s. */
const sizeMB = { least: 9.4, most: 9.7 };
/** One is enough, unless something of the fleet's own comes between. */
const mostTracks = 3;
/** Of all of them, on a machine that has next to no time for them: only what hangs takes so long. */
const hangMs = 1_800_000;

/** A limit is of wall time: the counts of a machine that is busy are to be those of any. */
export const unhurriedEnv = { SEGUE_GROUP_MS: "600000" };

interface Song {
  readonly classA: number;
  readonly classB: number;
  readonly movedMB: number;
  readonly published: number;
  readonly unheard: number;
  readonly statements: number;
  readonly dollars: number;
}

/** Of a fleet that has had some tracks, and has nothing to do, when the tests do. */
export function testCostOfSong(
  fleet: () => FleetUnderTest,
  placement: keyof typeof limits = "default",
): void {
  const most: Song = { ...limits[placement], unheard: 0 };
  const counts = Object.keys(most) as (keyof Song)[];
  const songs: Song[] = [];
  const dir = mkdtempSync(join(tmpdir(), "segue-cost-of-song-"));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  beforeAll(async () => {
    const isWithin = (song: Song) => counts.every((count) => song[count] <= most[count]);
    while (songs.length < mostTracks && !songs.some(isWithin)) {
      const master = await makeMaster({ seed: 4801 + songs.length, durationSec, format: "mp3", dir });
      expect(master.sizeBytes / 1e6).toBeGreaterThan(sizeMB.least);
      expect(master.sizeBytes / 1e6).toBeLessThan(sizeMB.most);
      const storedBefore = await stored(fleet());
      const counted = await countNewTrack(fleet(), master.path);
      songs.push(summarise(counted, subtract(await stored(fleet()), storedBefore)));
      const { use } = counted;
      console.info(
        `${placement}: a track of four minutes took ${use.cpuSec.toFixed(1)} CPU-s of services (${promisedCpuSec} were promised, of a machine with ` +
          `nothing else to do), and ${JSON.stringify(songs.at(-1))}`,
      );
    }
  }, hangMs);

  test.each(counts)("a track of four minutes stays within what was promised: %s", (count) => {
    expect(Math.min(...songs.map((song) => song[count]))).toBeLessThanOrEqual(most[count]);
  });
}

function summarise({ use, listed, idleStatements }: Counted, keeps: StoredBytes): Song {
  const own = { ...use, classA: use.classA - listed, cpuSec: promisedCpuSec };
  return {
    classA: own.classA,
    classB: own.classB,
    movedMB: (own.upBytes + own.downBytes) / 1e6,
    published: own.published,
    unheard: own.unheard,
    statements: Math.max(0, own.statements - idleStatements),
    dollars: priceTrack(own, keeps).total,
  };
}

function stored({ fleet }: FleetUnderTest): Promise<StoredBytes> {
  return readStoredBytes(fleet.env.SEGUE_GCS_ENDPOINT ?? "");
}

function subtract(after: StoredBytes, before: StoredBytes): StoredBytes {
  return {
    masters: after.masters - before.masters,
    records: after.records - before.records,
    assets: after.assets - before.assets,
    // What was left by others may be deleted meanwhile.
    scratch: Math.max(0, after.scratch - before.scratch),
  };
}
