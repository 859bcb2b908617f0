import type { Machine } from "./scenario.ts";
import type { Timeline } from "./timeline.ts";

/** Part of what a machine computes. */
export interface Share {
  /** CPU-seconds so far. */
  spentSec(): number;
  remove(): void;
}

interface Part {
  readonly width: number;
  readonly onDone: () => void;
  leftSec: number;
}

/** Below this a part is over: what is left is what adding up has lost. */
const nothingSec = 1e-9;

/** The cores of a machine, shared evenly by all that computes there, as far as each can use them. */
export function createShares(timeline: Timeline, { yields }: Machine) {
  const parts = new Set<Part>();
  let lookedAtSec = 0;
  let plan = 0;
  /** Of what it could use at once, how much each gets. */
  const speed = () => {
    let wanted = 0;
    for (const { width } of parts) wanted += width;
    return Math.min(1, yields / wanted);
  };
  const look = () => {
    const passedSec = (timeline.nowSec - lookedAtSec) * speed();
    for (const part of parts) part.leftSec -= passedSec * part.width;
    lookedAtSec = timeline.nowSec;
  };
  const planNext = () => {
    const own = ++plan;
    if (parts.size === 0) return;
    let nextSec = Number.POSITIVE_INFINITY;
    for (const { leftSec, width } of parts) nextSec = Math.min(nextSec, leftSec / width);
    timeline.after(Math.max(0, nextSec) / speed(), () => {
      if (own === plan) finish();
    });
  };
  const finish = () => {
    look();
    const done = [...parts].filter(({ leftSec }) => leftSec <= nothingSec);
    for (const part of done) parts.delete(part);
    planNext();
    for (const { onDone } of done) onDone();
  };
  return {
    /** @param width how many cores it can use at once. */
    add(cpuSec: number, width: number, onDone: () => void): Share {
      const part = { width, onDone, leftSec: cpuSec };
      look();
      parts.add(part);
      planNext();
      return {
        spentSec() {
          look();
          return cpuSec - Math.max(0, part.leftSec);
        },
        remove() {
          look();
          if (parts.delete(part)) planNext();
        },
      };
    },
  };
}
