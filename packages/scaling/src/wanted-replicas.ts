/** Work of a service that could be done at this moment: what waits for a worker, and what one has in hand. */
export interface Waiting {
  /** Steps that feed each other in one service are one. */
  readonly attempts: number;
  /** CPU-seconds that these will take altogether. */
  readonly cpuSec: number;
}

export interface ReplicaSettings {
  /** Attempts that one replica has in hand at once. */
  readonly slots: number;
  /** CPUs that the attempts of one replica use at once. */
  readonly cores: number;
  /** What an attempt takes beside its CPU time, in s. */
  readonly besideSec: number;
  /** How long an attempt may wait, in s. */
  readonly waitSec: number;
  readonly minReplicas: number;
  /** Null: as many as the work needs. */
  readonly maxReplicas: number | null;
}

/** From when a replica is wanted until it has taken up work, in s: a look, a pod on a node that is there, a process. */
export const startSec = 15;
/**
 * What an attempt of a step takes beside its CPU time, in s: its input is fetched, its result stored and told. A slot is taken all the while, so that short
 * steps do far less than their CPUs could: `segue simulate` shows what becomes of a fleet that does not reckon with it.
 */
export const besideSec = 0.3;
/** However long replicas take to start, they are not asked to have done all in less than this share of the wait. */
const leastShare = 0.25;

/**
 * How many replicas a service should have, so that what waits now has been begun when `waitSec` is over. Work that comes in evenly is so
 * answered by as many as keep up with it, of which each attempt waits `waitSec` at most.
 *
 * @returns 0 only where nothing waits and none are to be kept.
 */
export function wantedReplicas(
  { attempts, cpuSec }: Waiting,
  { slots, cores, besideSec, waitSec, minReplicas, maxReplicas }: ReplicaSettings,
): number {
  const leftSec = Math.max(waitSec - startSec, waitSec * leastShare);
  const needed = Math.ceil((cpuSec / cores + (attempts * besideSec) / slots) / leftSec);
  // One attempt is done by one replica, whatever it takes; more than there are attempts would stand idle.
  const useful = Math.min(attempts, Math.max(needed, 1));
  return Math.min(Math.max(useful, minReplicas), maxReplicas ?? Number.POSITIVE_INFINITY);
}
