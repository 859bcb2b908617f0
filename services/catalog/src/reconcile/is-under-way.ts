import type { Checkpoints, Holds } from "@segue/artifacts";
import type { StepSpec } from "@segue/contracts";
import type { ServerContext } from "@segue/step";
import type { ReconcileConfig } from "../config.ts";
import type { QuietTrack } from "./watches.ts";

export interface UnderWayOptions
  extends Pick<ServerContext, "chain" | "log">,
    Pick<ReconcileConfig, "quietMs"> {
  readonly checkpoints: Checkpoints;
  readonly holds: Holds;
}

/** A long run says nothing before its end, but it leaves checkpoints; and a message that was put off is somebody's. */
export async function isUnderWay(
  options: UnderWayOptions,
  track: Pick<QuietTrack, "id" | "master">,
  ready: readonly StepSpec[],
  now: Date,
): Promise<boolean> {
  const { chain, checkpoints, holds, quietMs, log } = options;
  const addresses = chain.addressesFor(track.master);
  const isRecent = (at: Date) => now.getTime() - at.getTime() < quietMs;
  for (const step of ready) {
    const address = addresses.get(step.produces.name) ?? "";
    const savedAt = await checkpoints.lastSavedAt(address);
    if (savedAt && isRecent(savedAt)) return true;
    const hold = await holds.latest(address);
    // When it is over, the message comes in its own time.
    if (!hold || !isRecent(new Date(hold.until))) continue;
    log.warn({ track: track.id, step: step.name, ...hold }, "a track waits: its work was put off");
    return true;
  }
  return false;
}
