import type { Entry, Lane } from "./entry.ts";

export function newLane(key: string): Lane {
  return { key, pending: [], outstanding: new Set(), holder: null, queued: false, delayed: false };
}

/** Puts a message among the waiting ones by its id, which is the publish order. */
export function enqueue(lane: Lane, entry: Entry): void {
  let at = lane.pending.length;
  while (at > 0 && (lane.pending[at - 1]?.id ?? 0) > entry.id) at--;
  lane.pending.splice(at, 0, entry);
}

/** The message to hand out next, past those that were acknowledged while they waited; undefined if none may go. */
export function deliverable(lane: Lane): Entry | undefined {
  if (lane.delayed) return undefined;
  while (lane.pending[0]?.state === "gone") lane.pending.shift();
  const head = lane.pending[0];
  return head?.state === "ready" ? head : undefined;
}

/** Takes a message off the outstanding ones. */
export function settle(lane: Lane, entry: Entry): void {
  lane.outstanding.delete(entry);
  if (lane.outstanding.size === 0) lane.holder = null;
}

/** The outstanding messages published after `id`: they are redelivered with it, as Pub/Sub documents. */
export function withdrawAfter(lane: Lane, id: number): Entry[] {
  return [...lane.outstanding].filter((entry) => entry.id > id);
}

/** True when nothing of the lane is in memory. */
export function isIdle(lane: Lane): boolean {
  return lane.pending.length === 0 && lane.outstanding.size === 0 && !lane.delayed;
}
