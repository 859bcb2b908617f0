import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNames, localNaming } from "@segue/chain";
import { readAskedName } from "@segue/contracts";
import { storeOf } from "../../support/cloud.ts";
import { type FleetUnderTest, startFleetUnderTest } from "../../support/fleet-under-test.ts";
import { type Chapter, corpusOf } from "../corpus/corpus.ts";
import type { HostileFile } from "../corpus/hostile-file.ts";
import { openStudio } from "../corpus/studio.ts";
import { layBait } from "./bait.ts";
import { type Fed, feedCorpus } from "./feed-corpus.ts";
import { descendantsOf, type Footprint, footprintOf } from "./footprint.ts";
import { createGoodTrack, fastestOf } from "./good-track.ts";
import { findLeftovers } from "./leftovers.ts";
import { matchesOutcome } from "./match-outcome.ts";

export interface CorpusRun {
  readonly fed: readonly Fed[];
  /** Files that ended otherwise than expected. */
  readonly wrong: readonly Fed[];
  /** Attempts that took longer than a step may, as `FILE: STEP took MS ms`. */
  readonly overBudget: readonly string[];
  /** Results that took more than one delivery, in words. */
  readonly retried: readonly string[];
  /** Processes that ended and were started again, in words. */
  readonly restarts: readonly string[];
  readonly leftovers: readonly string[];
  /** How often somebody came to the address that the files name. */
  readonly baitVisits: number;
  /** The time of a good track, before and after. */
  readonly goodTrackMs: { readonly before: number; readonly after: number };
  /** Services at rest, before and after the last round, in the same order. */
  readonly footprints: { readonly before: readonly Footprint[]; readonly after: readonly Footprint[] };
}

export interface CorpusRunOptions {
  choose(chapters: readonly Chapter[]): readonly HostileFile[];
  /** How often all of it is fed: a fleet that has grown to its size in the first round must not grow in the next. Default 1. */
  readonly rounds?: number;
  /** How many good tracks are timed before, and after. Default 5: the fastest of so many says little of the machine. */
  readonly goodTracks?: number;
  onFed?(fed: Fed, asExpected: boolean): void;
}

/** The time budget of every step of the chain. */
const budgetMs = 10_000;

/** A fleet of which everything is seen that it could leave behind. */
export interface FleetToFeed extends AsyncDisposable {
  readonly running: FleetUnderTest;
  /** What its services believe to be the system's folder for temporary files. */
  readonly tmpDir: string;
  /** Processes that ended and were started again so far, in words. */
  readonly restarts: readonly string[];
}

/** @param env more variables for every service. */
export async function startFleetToFeed(env: Readonly<Record<string, string>> = {}): Promise<FleetToFeed> {
  const tmpDir = await mkdtemp(join(tmpdir(), "segue-fed-"));
  const restarts: string[] = [];
  const running = await startFleetUnderTest({
    env: { ...env, TMPDIR: tmpDir },
    log: (line) => void restarts.push(line),
  });
  return {
    running,
    tmpDir,
    restarts,
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
      await rm(tmpDir, { recursive: true, force: true });
    },
  };
}

/** Feeds files of the corpus to a real fleet and looks what became of them, and of the fleet. */
export async function runCorpus(
  { running, tmpDir, restarts }: FleetToFeed,
  { choose, onFed, rounds = 1, goodTracks = 5 }: CorpusRunOptions,
): Promise<CorpusRun> {
  const studio = await openStudio();
  const bait = await layBait(await studio.path("wav", "-f", "lavfi", "-i", "sine=d=1"));
  try {
    const { fleet, dataDir, client } = running;
    const goodTrack = createGoodTrack(client);
    const pids = () => fleet.processes().map(({ pid }) => pid);
    const footprints = () => Promise.all(fleet.processes().map(footprintOf));
    const beforeMs = await fastestOf(goodTracks, goodTrack);
    let before = await footprints();
    const kept = await descendantsOf(pids());

    const fed: Fed[] = [];
    for (let round = 1; round <= rounds; round++) {
      if (round > 1) {
        before = await footprints();
        await forgetRecords(fleet.env);
      }
      await feedCorpus(fleet.apiUrl, choose(corpusOf(studio, bait)), (one) => {
        fed.push(one);
        onFed?.(one, matchesOutcome(one.file.outcomes, one.outcome));
      });
    }

    const afterMs = await fastestOf(goodTracks, goodTrack);
    const scratchDir = join(dataDir, "scratch");
    const leftovers = await findLeftovers({ pids: pids(), scratchDir, tmpDir, env: fleet.env, kept });
    return {
      ...judge(fed),
      restarts,
      leftovers,
      baitVisits: bait.visits(),
      goodTrackMs: { before: beforeMs, after: afterMs },
      footprints: { before, after: await footprints() },
    };
  } finally {
    await bait[Symbol.asyncDispose]();
    await studio[Symbol.asyncDispose]();
  }
}

/** Else a file that was fed before would cost nothing. */
async function forgetRecords(env: Readonly<Record<string, string>>): Promise<void> {
  const store = storeOf(env);
  const names = createNames(localNaming);
  // Records of files that are kept are with the files.
  for (const role of ["records", "assets"] as const)
    for await (const object of store.walkObjects({ bucket: names.bucket(role), prefix: "" }))
      if (!(readAskedName(object.name) === "track")) await store.deleteObject(object);
}

function judge(fed: readonly Fed[]): Pick<CorpusRun, "fed" | "wrong" | "overBudget" | "retried"> {
  const attempts = fed.flatMap(({ file, attempts }) => attempts.map((attempt) => ({ file, ...attempt })));
  return {
    fed,
    wrong: fed.filter(({ file, outcome }) => !matchesOutcome(file.outcomes, outcome)),
    overBudget: attempts
      .filter(({ durationMs }) => durationMs > budgetMs)
      .map(({ file, step, durationMs }) => `${file.name}: ${step} took ${Math.round(durationMs)} ms`),
    retried: attempts
      .filter(({ deliveryAttempt }) => deliveryAttempt > 1)
      .map(({ file, step, deliveryAttempt }) => `${file.name}: ${step} at delivery ${deliveryAttempt}`),
  };
}
