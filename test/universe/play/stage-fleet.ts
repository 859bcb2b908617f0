import type { Fleet } from "@segue/step";
import { stepThreadUrl } from "@segue/step/attempt";
import { loadProgram } from "../ambient/child-process.ts";
import { loadThreadModule } from "../ambient/piscina.ts";
import type { Release } from "../cast/process.ts";
import first from "../fleet/first-release.ts";
import second from "../fleet/second-release.ts";
import { DatabaseEngine } from "../world/database-engine.ts";
import type { Play } from "./play-seed.ts";

const quarantineProgram = new URL("../../../packages/runner/src/quarantine-main.ts", import.meta.url).href;

/** All that is loaded and started once, in real time, before the first world begins. */
export async function stageFleet(options: {
  readonly keepTrace: boolean;
  readonly image: string | undefined;
}): Promise<Play> {
  const release = (name: string, { placements, chain }: Fleet, placement: string): Release => {
    const services = placements.get(placement);
    if (!services) throw new Error(`no placement ${placement}`);
    return {
      name,
      fleet: { services, chain },
      fleetUrl: new URL(`../fleet/${name}-release.ts`, import.meta.url).href,
    };
  };
  const pair = (before: string, after: string) =>
    [release("first", first, before), release("second", second, after)] as const;
  const releases: Play["releases"] = {
    default: pair("default", "default"),
    economy: pair("economy", "economy"),
    change: pair("default", "economy"),
  };
  for (const { fleetUrl } of releases.default) await loadThreadModule(stepThreadUrl, fleetUrl);
  await loadProgram(quarantineProgram);
  return { engine: await DatabaseEngine.start(options.image), releases, keepTrace: options.keepTrace };
}
