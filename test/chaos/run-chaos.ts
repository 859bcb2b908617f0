import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compactFleetUrl } from "@segue/launcher/testing";
import { openCatalog, waitForEnd } from "./catalog-state.ts";
import { type ChaosTrack, makeCorpus } from "./corpus.ts";
import { hangLimitMs, submit } from "./feed.ts";
import { type Check, checkInvariants, countObjects, type RunState } from "./invariants.ts";
import { checkDrains, type Ledger } from "./ledger.ts";
import type { ChaosOptions } from "./options.ts";
import { runDisturbed } from "./run-disturbed.ts";
import { readRunState, startChaosFleet } from "./run-fleet.ts";

export interface ChaosResult {
  readonly options: ChaosOptions;
  readonly ledger: Ledger;
  readonly checks: readonly Check[];
  /** Ids that were answered with 202. */
  readonly accepted: readonly string[];
  /** Times that clients had to ask before they were answered, beyond the first. */
  readonly retriedPosts: number;
  readonly calm: RunState;
  readonly storm: RunState;
  readonly objectCounts: ReadonlyMap<string, number>;
  /** How long faults were injected. */
  readonly stormSec: number;
  /** From the last fault to the end of the last track. */
  readonly settleSec: number;
}

export async function runChaos(options: ChaosOptions, log: (line: string) => void): Promise<ChaosResult> {
  const workDir = await mkdtemp(join(tmpdir(), "segue-chaos-"));
  try {
    log(`making ${options.tracks} tracks from seed ${options.seed}`);
    const corpus = await makeCorpus(join(workDir, "tracks"), options.seed, options.tracks);
    const startedAt = performance.now();
    const calm = await runUndisturbed(join(workDir, "calm"), corpus);
    log(`undisturbed: ${corpus.length} tracks in ${Math.round((performance.now() - startedAt) / 1000)} s`);
    await rm(join(workDir, "calm"), { recursive: true, force: true });
    const disturbed = await runDisturbed(options, join(workDir, "storm"), corpus, log);
    const { accepted, lost, state, ledger } = disturbed;
    const ids = accepted.map(({ id }) => id);
    return {
      options,
      ledger,
      checks: [
        ...checkInvariants(state, calm, ids, lost),
        ...disturbed.feedChecks,
        ...checkDrains(ledger),
        {
          name: "no process ended by itself",
          looked: "every process of the fleet",
          violations: disturbed.uncalled.map(({ name, how }) => `${name} ended: ${how}`),
        },
        {
          name: "nothing left after the stop",
          looked: "processes, files, sockets",
          violations: disturbed.leftovers,
        },
      ],
      accepted: ids,
      retriedPosts: accepted.reduce((sum, { tries }) => sum + tries - 1, 0),
      calm,
      storm: state,
      objectCounts: countObjects(state),
      stormSec: disturbed.stormSec,
      settleSec: disturbed.settleSec,
    };
  } finally {
    if (options.keep) log(`kept: ${workDir}`);
    else await rm(workDir, { recursive: true, force: true });
  }
}

async function runUndisturbed(dataDir: string, corpus: readonly ChaosTrack[]): Promise<RunState> {
  const chaos = await startChaosFleet({ dataDir, replicas: 1, fleetUrl: compactFleetUrl });
  try {
    const ids: string[] = [];
    for (const track of corpus)
      ids.push((await submit(chaos.fleet.apiUrl, track, performance.now() + hangLimitMs)).id);
    const pool = openCatalog(chaos.cloud.DATABASE_URL);
    const lost = await waitForEnd(pool, ids, hangLimitMs);
    await pool.end();
    if (lost.length > 0)
      throw new Error(`undisturbed, ${lost.length} tracks have not ended: ${lost.join(", ")}`);
    return await readRunState(chaos);
  } finally {
    await chaos.fleet.stop();
  }
}
