import type { Entry, Lane } from "./entry.ts";

/** The lanes of a subscription's ordering keys that something of is in memory. */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();

  of(key: string): Lane {
    let lane = this.#lanes.get(key);
    if (!lane) {
      lane = { key, pending: [], outstanding: new Set(), holder: null, queued: false, delayed: false };
      this.#lanes.set(key, lane);
    }
    return lane;
  }

  /** Forgets all but those that still have messages out, whose waiting ones are read from disk again. */
  keep(leased: readonly Entry[]): void {
    this.#lanes.clear();
    for (const { lane } of leased) {
      if (!lane) continue;
      lane.pending = [];
      lane.queued = false;
      lane.delayed = false;
      this.#lanes.set(lane.key, lane);
    }
  }

  forgetIdle(lane: Lane): void {
    if (isIdle(lane)) this.#lanes.delete(lane.key);
  }
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
function isIdle(lane: Lane): boolean {
  return lane.pending.length === 0 && lane.outstanding.size === 0 && !lane.delayed;
}
