import type { RunningFleet } from "@segue/launcher";
import { signalTree } from "../chaos/process-tree.ts";
import type { ProcessWatch } from "../chaos/process-watch.ts";

/** How often the API's process was ended, and how long it took each time until another one was ready, in ms. */
export interface Ends {
  readonly killed: number;
  readonly drained: number;
  readonly awayMs: readonly number[];
}

export interface EndOptions {
  readonly fleet: Pick<RunningFleet, "processes">;
  readonly watch: ProcessWatch;
  readonly kills: number;
  /** That are to be accepted meanwhile. */
  readonly posts: number;
}

/** Ends the API in the midst of posts, each time that so many more were accepted: in turns without a word, and with a drain. */
export function endApi({ fleet, watch, kills, posts }: EndOptions) {
  let accepted = 0;
  let begun = 0;
  let ending: Promise<void> = Promise.resolve();
  const counts = { killed: 0, drained: 0, awayMs: [] as number[] };
  const end = async (withNotice: boolean) => {
    const victim = fleet.processes().find(({ service }) => service === "ingest");
    if (!victim) throw new Error("expected the fleet to have a process of ingest");
    watch.expectEnd(victim.pid);
    counts[withNotice ? "drained" : "killed"] += 1;
    if (withNotice) process.kill(victim.pid, "SIGTERM");
    else signalTree(victim.pid, "SIGKILL");
    const { endedAt = performance.now() } = await watch.ended(victim.pid);
    counts.awayMs.push(await watch.replaced(victim.name, endedAt));
  };
  return {
    onAccepted() {
      accepted += 1;
      if (begun >= kills || accepted < ((begun + 1) * posts) / (kills + 1)) return;
      const withNotice = begun % 3 === 2;
      begun += 1;
      ending = ending.then(() => end(withNotice));
    },
    async ended(): Promise<Ends> {
      await ending;
      return counts;
    },
  };
}
