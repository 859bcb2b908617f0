import type { Spent } from "./spent-intermediates.ts";

const mostAtOnce = 1_000;
/** The bucket's lifecycle takes what there is no room for. */
const mostWaiting = 100_000;
/** What can't be deleted, or another track may want, is left to expire in the end. */
const mostLooks = 5;

export interface Waiting extends Spent {
  readonly dueAtMs: number;
  /** How often it was looked at before. */
  readonly looks: number;
}

/** Intermediates that are deleted in their time: `keepMs` from now. */
export function createWaiting(keepMs: number) {
  /** By address, in the order in which their time comes. */
  const waiting = new Map<string, Waiting>();
  const put = ({ master, address, madeAt }: Spent, looks: number) => {
    if (waiting.size < mostWaiting)
      waiting.set(address, { master, address, madeAt, looks, dueAtMs: performance.now() + keepMs });
  };
  return {
    add(spent: Spent) {
      waiting.delete(spent.address);
      put(spent, 0);
    },
    /** What was looked at, or would have been. Who has told of it again meanwhile goes before. */
    putBack(one: Waiting, { wasLookedAt }: { readonly wasLookedAt: boolean }) {
      const looks = one.looks + (wasLookedAt ? 1 : 0);
      if (looks < mostLooks && !waiting.has(one.address)) put(one, looks);
    },
    takeDue(): Waiting[] {
      const due: Waiting[] = [];
      for (const one of waiting.values()) {
        if (due.length === mostAtOnce || one.dueAtMs > performance.now()) break;
        waiting.delete(one.address);
        due.push(one);
      }
      return due;
    },
    /** How long it is until the next one's time; undefined: none waits. */
    nextInMs(): number | undefined {
      const [next] = waiting.values();
      return next && next.dueAtMs - performance.now();
    },
  };
}
