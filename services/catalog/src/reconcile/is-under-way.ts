import type { Amendments, Checkpoints, Holds } from "@segue/artifacts";
import { stepAddresses } from "@segue/chain";
import { kindsOf } from "@segue/contracts";
import type { ServerContext } from "@segue/step";
import type { ReconcileConfig } from "../config.ts";
import type { PutOff, QuietTrack } from "./watches.ts";

export interface UnderWayOptions
  extends Pick<ServerContext, "chain" | "log">,
    Pick<ReconcileConfig, "quietMs"> {
  readonly checkpoints: Checkpoints;
  readonly holds: Holds;
  readonly amendments: Amendments;
}

/** What may be under way for whom. */
export interface Looked extends Pick<QuietTrack, "id" | "master"> {
  readonly requestId: string;
}

export interface UnderWay {
  /** The steps at which somebody has it. */
  readonly underWay: readonly string[];
  /** Those of them that nobody tries before a time, and that time. */
  readonly putOff: PutOff;
}

/** A long run says nothing before its end, but it leaves checkpoints; and a message that was put off is somebody's. */
export async function findUnderWay(
  options: UnderWayOptions,
  track: Looked,
  ready: readonly string[],
  now: Date,
): Promise<UnderWay> {
  const { checkpoints, holds, quietMs, log } = options;
  const addresses = await locateAll(options, track, ready);
  const isRecent = (at: Date) => now.getTime() - at.getTime() < quietMs;
  const underWay: string[] = [];
  const putOff: Record<string, string> = {};
  for (const step of ready) {
    const address = addresses.get(step) ?? "";
    const savedAt = await checkpoints.lastSavedAt(address);
    if (savedAt && isRecent(savedAt)) {
      underWay.push(step);
      continue;
    }
    const hold = await holds.latest(address, now);
    // When it is over, the message comes in its own time.
    if (!hold || !isRecent(new Date(hold.until))) continue;
    log.warn({ track: track.id, step, ...hold }, "a track waits: its work was put off");
    underWay.push(step);
    putOff[step] = hold.until;
  }
  return { underWay, putOff };
}

/** Step to where it works: at addresses that follow from where their inputs were made, which may be elsewhere than this chain reckons. */
async function locateAll(
  { chain, amendments }: UnderWayOptions,
  { id, master, requestId }: Looked,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const ready = chain.steps.filter(({ name }) => names.includes(name));
  const ancestors = ready.flatMap((step) => [...chain.ancestorsOf(step)]);
  const needed = new Set(ancestors.flatMap((step) => kindsOf(step).map(({ name }) => name)));
  const found = await Promise.all(
    [...needed].map(async (kind) => [kind, await amendments.find({ requestId, kind })] as const),
  );
  const amended = found.flatMap(([kind, address]) =>
    address === undefined ? [] : [[kind, address] as const],
  );
  return stepAddresses(chain, { id, master }, names, Object.fromEntries(amended));
}
