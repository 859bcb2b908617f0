import type { ReadChanges, StoredChange } from "@segue/catalog-db";
import type { FeedPlace } from "./feed-place.ts";
import type { WaitedFor } from "./feed-waiters.ts";
import type { WantedChanges } from "./read-change-page.ts";

/** Kept for those who are a little behind. */
const mostKept = 5_000;

/** The latest changes that were read of a feed, without a gap. */
export interface RecentChanges {
  /** The number up to which all was read; undefined: nothing was. */
  last(): number | undefined;
  /**
   * The furthest place behind this one before which nothing is that somebody waits for; undefined: something is, or has to be looked for, or this is a place of
   * another feed than what was read. Costs what was read behind the place, and not what is kept.
   */
  lead(place: FeedPlace, of: WaitedFor): FeedPlace | undefined;
  /** Whether what was read is of this feed, or nothing was. */
  isOf(epoch: string): boolean;
  /** @param isWhole there was no more to read. @returns whether the feed was begun anew. */
  add(read: ReadChanges, isWhole: boolean): boolean;
  /** Undefined: not all of it is here. */
  read(wanted: WantedChanges): ReadChanges | undefined;
  forget(): void;
}

export function createRecentChanges(): RecentChanges {
  let kept: StoredChange[] = [];
  let told: Omit<ReadChanges, "changes"> | undefined;
  const forget = () => {
    kept = [];
    told = undefined;
  };
  /** Whether all that was read behind this number is here. */
  const isHere = (after: number, { last }: { readonly last: number }) => {
    const [first] = kept;
    return after === last || (after < last && first !== undefined && after >= first.number - 1);
  };
  return {
    last: () => told?.last,
    lead(place, of) {
      if (told === undefined) return place;
      const { epoch, last } = told;
      if (place.epoch !== epoch) return undefined;
      if (place.number >= last) return place;
      if (!isHere(place.number, told)) return undefined;
      for (let at = firstBehind(kept, place.number); at < kept.length; at++)
        if (isWanted(kept[at], of)) return undefined;
      return { epoch, number: last };
    },
    isOf: (epoch) => told === undefined || told.epoch === epoch,
    add({ changes, ...read }, isWhole) {
      const isAnew = told !== undefined && (told.epoch !== read.epoch || read.last < told.last);
      if (isAnew) kept = [];
      kept = [...kept, ...changes].slice(-mostKept);
      told = { ...read, last: isWhole ? read.last : (kept.at(-1)?.number ?? read.last) };
      return isAnew;
    },
    read({ after, limit, epoch, ...of }) {
      if (!told || !isHere(after, told)) return undefined;
      if (epoch !== undefined && epoch !== told.epoch) return undefined;
      const changes: StoredChange[] = [];
      for (let at = firstBehind(kept, after); at < kept.length && changes.length < limit; at++) {
        const change = kept[at];
        if (change && isWanted(change, of)) changes.push(change);
      }
      return { ...told, changes };
    },
    forget,
  };
}

function isWanted(change: StoredChange | undefined, { trackId, owner }: WaitedFor): boolean {
  return (
    change !== undefined &&
    (trackId === undefined || change.trackId === trackId) &&
    (owner === undefined || change.owner === owner)
  );
}

/** Where the first one with a higher number is: they are in their order. */
function firstBehind(changes: readonly StoredChange[], number: number): number {
  let low = 0;
  for (let high = changes.length; low < high; ) {
    const middle = (low + high) >>> 1;
    if ((changes[middle]?.number ?? 0) > number) high = middle;
    else low = middle + 1;
  }
  return low;
}
