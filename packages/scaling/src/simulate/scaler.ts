/*
 * How many replicas a scaler asks for, by the rules of KEDA and of the autoscaler that it drives, as the chart sets them. What they are:
 * https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale, https://keda.sh/docs/latest/reference/scaledobject-spec
 */

export const pollSec = 15;
/** What differs by less changes nothing. */
const tolerance = 0.1;
/** Upwards: so many times as many, or so many more, in each look. */
const upTimes = 2;
const upBy = 4;
/** Downwards: no lower than the highest of so long, and to so much of what there is in a minute. */
const stabilizeSec = 120;
const downShare = 0.8;
const downEverySec = 60;
/** Nothing may be wanted for so long before the last one goes. */
const cooldownSec = 300;

export interface Scaler {
  /** Told every `pollSec`. @returns how many there should be now. */
  look(atSec: number, wanted: number, current: number): number;
}

export function createScaler({ minReplicas }: { readonly minReplicas: number }): Scaler {
  let recent: { readonly atSec: number; readonly wanted: number }[] = [];
  let wantedAtSec = Number.NEGATIVE_INFINITY;
  let shrunk: { atSec: number; from: number } | undefined;
  const down = (atSec: number, wanted: number, current: number) => {
    if (shrunk === undefined || atSec - shrunk.atSec >= downEverySec) shrunk = { atSec, from: current };
    return Math.max(wanted, Math.floor(shrunk.from * downShare));
  };
  return {
    look(atSec, wanted, current) {
      if (wanted > 0) wantedAtSec = atSec;
      recent = [...recent.filter((each) => atSec - each.atSec < stabilizeSec), { atSec, wanted }];
      if (current === 0) return wanted > 0 ? Math.max(1, minReplicas) : minReplicas;
      // The last one is KEDA's to take.
      if (wanted === 0 && minReplicas === 0 && atSec - wantedAtSec >= cooldownSec) return 0;
      if (Math.abs(wanted / current - 1) <= tolerance) return current;
      if (wanted > current) return Math.min(wanted, Math.max(current * upTimes, current + upBy));
      const highest = Math.max(...recent.map((each) => each.wanted), 1, minReplicas);
      return highest >= current ? current : down(atSec, highest, current);
    },
  };
}
