import { createQueue } from "./queue.ts";
import type { Machine } from "./scenario.ts";
import { createShares, type Share } from "./shares.ts";
import type { Timeline } from "./timeline.ts";

/** Where attempts compute. */
export interface Cores {
  /** Waits for its turn, computes, and says so when that is done. @param width how many cores it can use at once. */
  begin(cpuSec: number, width: number, onDone: () => void): Job;
  /** What nobody waits for a turn with: queues, storage, the database. */
  serve(cpuSec: number, onDone: () => void): void;
}

export interface Job {
  /** CPU-seconds so far. */
  spentSec(): number;
  /** It never comes to its end. */
  cancel(): void;
}

/** Each attempt has cores for itself, as pods have that have one in hand for each; what serves it has its own elsewhere. */
export function ownCores(timeline: Timeline): Cores {
  return {
    begin(cpuSec, width, onDone) {
      const startedAtSec = timeline.nowSec;
      let isCancelled = false;
      timeline.after(cpuSec / width, () => {
        if (!isCancelled) onDone();
      });
      return {
        spentSec: () => Math.min(cpuSec, (timeline.nowSec - startedAtSec) * width),
        cancel: () => {
          isCancelled = true;
        },
      };
    },
    serve: (_, onDone) => onDone(),
  };
}

/** Of one pod that has more in hand at once than it has cores: all of that shares them. What serves it has its own elsewhere. */
export function podCores(timeline: Timeline, cores: number): Cores {
  const shares = createShares(timeline, { cores, yields: cores });
  return {
    begin(cpuSec, width, onDone) {
      const share = shares.add(cpuSec, width, onDone);
      return { spentSec: share.spentSec, cancel: share.remove };
    },
    serve: (_, onDone) => onDone(),
  };
}

/** One machine for all: as many attempts at once as it has cores, first come, first served, beside what serves them. */
export function sharedCores(timeline: Timeline, machine: Machine): Cores {
  const { cores } = machine;
  const shares = createShares(timeline, machine);
  const waiting = createQueue<() => void>();
  let inTurn = 0;
  const takeTurns = () => {
    while (inTurn < cores) {
      const next = waiting.shift();
      if (!next) return;
      next();
    }
  };
  const endTurn = () => {
    inTurn -= 1;
    takeTurns();
  };
  return {
    begin(cpuSec, width, onDone) {
      let share: Share | undefined;
      let isOver = false;
      const end = () => {
        isOver = true;
        endTurn();
      };
      waiting.push(() => {
        if (isOver) return;
        inTurn += 1;
        share = shares.add(cpuSec, width, () => {
          end();
          onDone();
        });
      });
      takeTurns();
      return {
        spentSec: () => (share ? share.spentSec() : 0),
        cancel: () => {
          if (isOver) return;
          if (!share) {
            isOver = true;
            return;
          }
          share.remove();
          end();
        },
      };
    },
    serve: (cpuSec, onDone) => {
      shares.add(cpuSec, 1, onDone);
    },
  };
}
