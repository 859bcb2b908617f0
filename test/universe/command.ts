import { readFileSync, writeFileSync } from "node:fs";
import type { Breach } from "./law/breach.ts";
import type { Options } from "./options.ts";
import { findPlants } from "./plants/find-plants.ts";
import { minimise } from "./play/minimise.ts";
import { drawPlan, type Plan } from "./play/plan.ts";
import { playInWorkers } from "./play/play-in-workers.ts";
import { type Play, type Played, playSeed } from "./play/play-seed.ts";
import { stageFleet } from "./play/stage-fleet.ts";
import { describePlayed, Tally } from "./play/tell.ts";

interface KeptSeed {
  readonly seed: number;
  readonly hours: number;
}

/** @returns the exit code: 1 where a law was broken, or a planted bug was not found. */
export async function runCommand(options: Options): Promise<number> {
  if (options.does === "plants") return findPlants(options);
  if (options.workers > 1) return playInWorkers(options);
  const play = await stageFleet({ keepTrace: options.traceFile !== undefined, image: options.image });
  const tally = new Tally();
  for (const { seed, hours } of seedsOf(options)) {
    const played = await playSeed(seed, drawPlan(seed, hours), play);
    tally.add(played);
    tell(options, played);
    if (options.traceFile !== undefined) writeFileSync(options.traceFile, `${played.trace.join("\n")}\n`);
    if (played.breach && options.minimises)
      await showSmallest(seed, drawPlan(seed, hours), played.breach, play);
    if (played.breach && options.plant !== undefined) break;
  }
  if (options.tellsJson) return tally.broken.length > 0 ? 1 : 0;
  const { user, system } = process.cpuUsage();
  console.log(tally.describe((user + system) / 1_000));
  console.log(`trace ${tally.digest()}`);
  return tally.broken.length > 0 ? 1 : 0;
}

/** Seeds that have broken a law before come first, where many are tried. */
function seedsOf({ does, from, to, hours, plant, tellsJson }: Options): KeptSeed[] {
  const asked = Array.from({ length: to - from + 1 }, (_, index) => ({ seed: from + index, hours }));
  const isOne = from === to && does === "seeds";
  if (isOne || plant !== undefined || tellsJson) return asked;
  const kept: KeptSeed[] = JSON.parse(readFileSync(new URL("kept-seeds.json", import.meta.url), "utf8"));
  return does === "kept" ? kept : [...kept, ...asked];
}

function tell({ tellsJson, from, to }: Options, played: Played): void {
  const { trace: _, breach, ...figures } = played;
  if (tellsJson)
    console.log(
      JSON.stringify({ ...figures, breach: breach && { law: breach.law, message: breach.message } }),
    );
  else if (breach || from === to) console.log(describePlayed(played));
}

/** The least that breaks the same law, and how it came to it. */
async function showSmallest(seed: number, plan: Plan, breach: Breach, play: Play): Promise<void> {
  const attempt = async (smaller: Plan) =>
    (await playSeed(seed, smaller, { ...play, keepTrace: false })).breach;
  const smallest = await minimise(plan, breach, attempt);
  const { trace } = await playSeed(seed, smallest.plan, { ...play, keepTrace: true });
  const { faults, errands, troubles } = smallest.plan;
  console.log(`smallest of ${smallest.tries} tries: ${smallest.breach.message}`);
  for (const item of [...errands, ...faults]) console.log(`  ${JSON.stringify(item)}`);
  console.log(`  ${JSON.stringify(troubles)}`);
  console.log(trace.map((line) => `  | ${line}`).join("\n"));
}
