import { writeFileSync } from "node:fs";
import { seedsToPlay } from "./kept-seeds.ts";
import type { Options } from "./options.ts";
import { findPlants } from "./plants/find-plants.ts";
import { planFor } from "./play/plan-for.ts";
import { playInWorkers } from "./play/play-in-workers.ts";
import { type Played, playSeed } from "./play/play-seed.ts";
import { showSmallest } from "./play/show-smallest.ts";
import { stageFleet } from "./play/stage-fleet.ts";
import { describePlayed, Tally } from "./play/tell.ts";

/** @returns the exit code: 1 where a law was broken, or a planted bug was not found. */
export async function runCommand(options: Options): Promise<number> {
  if (options.does === "plants") return findPlants(options);
  if (options.workers > 1) return playInWorkers(options);
  const play = await stageFleet({ keepTrace: options.traceFile !== undefined, image: options.image });
  const tally = new Tally();
  for (const planned of seedsToPlay(options)) {
    const { seed } = planned;
    const plan = planFor(planned);
    const played = await playSeed(seed, plan, play);
    const cpuMs = cpuNowMs() - tally.cpuMs;
    tally.add({ ...played, cpuMs });
    tell(options, { ...played, cpuMs });
    if (options.traceFile !== undefined) writeFileSync(options.traceFile, `${played.trace.join("\n")}\n`);
    if (played.breach && options.minimises) await showSmallest(seed, plan, played.breach, play);
    if (played.breach && options.plant !== undefined) break;
  }
  if (options.tellsJson) return tally.broken.length > 0 ? 1 : 0;
  console.log(tally.describe());
  console.log(`trace ${tally.digest()}`);
  return tally.broken.length > 0 ? 1 : 0;
}

/** Of this process since its start, which the first world is charged with. */
function cpuNowMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function tell({ tellsJson, seeds }: Options, played: Played & { readonly cpuMs: number }): void {
  const { trace: _, breach, ...figures } = played;
  if (tellsJson)
    console.log(
      JSON.stringify({ ...figures, breach: breach && { law: breach.law, message: breach.message } }),
    );
  else if (breach || seeds.length === 1) console.log(describePlayed(played));
}
