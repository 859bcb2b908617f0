import type { ReadChanges, StoredChange } from "@segue/catalog-db";
import type { FeedPlace } from "./feed-place.ts";
import type { WantedChanges } from "./read-change-page.ts";

/** Kept for those who are a little behind. */
const mostKept = 5_000;

/** The latest changes that were read of a feed, without a gap. */
export interface RecentChanges {
  /** The number up to which all was read; undefined: nothing was. */
  last(): number | undefined;
  /** Whether somebody at this place has to look: there is something behind it, or it is of another feed than what was read. */
  isBehind(place: FeedPlace): boolean;
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
  return {
    last: () => told?.last,
    isBehind: ({ epoch, number }) => told !== undefined && (told.epoch !== epoch || told.last > number),
    isOf: (epoch) => told === undefined || told.epoch === epoch,
    add({ changes, ...read }, isWhole) {
      const isAnew = told !== undefined && (told.epoch !== read.epoch || read.last < told.last);
      if (isAnew) kept = [];
      kept = [...kept, ...changes].slice(-mostKept);
      told = { ...read, last: isWhole ? read.last : (kept.at(-1)?.number ?? read.last) };
      return isAnew;
    },
    read({ after, limit, trackId, owner, epoch }) {
      const [first] = kept;
      if (!told || !first || after < first.number - 1 || after > told.last) return undefined;
      if (epoch !== undefined && epoch !== told.epoch) return undefined;
      const own = kept.filter(
        (change) =>
          change.number > after &&
          (trackId === undefined || change.trackId === trackId) &&
          (owner === undefined || change.owner === owner),
      );
      return { ...told, changes: own.slice(0, limit) };
    },
    forget,
  };
}
