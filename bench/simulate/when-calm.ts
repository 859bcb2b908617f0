import { mostForOthers } from "./judge.ts";

interface Measured {
  readonly othersShare: number;
}

/**
 * Measures again while others are at the machine, for nothing can be said of what they were beside.
 *
 * @param tries as often at most, 1 or more.
 * @param onBusy is told of each time but the last.
 * @returns the first that is calm enough to be judged, or the calmest.
 */
export async function whenCalm<M extends Measured>(
  tries: number,
  measure: () => Promise<M>,
  onBusy: (measured: M) => void,
): Promise<M> {
  let calmest = await measure();
  for (let tried = 1; tried < tries && calmest.othersShare > mostForOthers; tried++) {
    onBusy(calmest);
    const next = await measure();
    if (next.othersShare < calmest.othersShare) calmest = next;
  }
  return calmest;
}
