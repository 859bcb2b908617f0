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
  const release = (name: string, fleet: Release["fleet"]): Release => ({
    name,
    fleet,
    fleetUrl: new URL(`../fleet/${name}-release.ts`, import.meta.url).href,
  });
  const releases = [release("first", first), release("second", second)] as const;
  for (const { fleetUrl } of releases) await loadThreadModule(stepThreadUrl, fleetUrl);
  await loadProgram(quarantineProgram);
  return { engine: await DatabaseEngine.start(options.image), releases, keepTrace: options.keepTrace };
}
