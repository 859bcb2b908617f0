/**
 * How all who wait in this process hear of changes, however many they are: one reads the feed for all of them, and only while somebody waits.
 *
 *   nobody waits --- somebody comes ---> it is told that changes are wanted here; a look ---> news of changes, or a while without ---> a look ...
 *        ^                                                                                                                             |
 *        '------------------------------------------------ the last one has gone <----------------------------------------------------'
 *
 * Catalogs tell of changes for as long as somebody has asked for it of late (`ChangesWanted`), so a fleet that nobody watches pays for no news. News may get
 * lost: a look that nothing has called for comes after some seconds.
 */
import { changesWantedForMs } from "@segue/contracts";
import type { NewsSource } from "@segue/step";
import type { Logger } from "@segue/telemetry";
import type { FeedPlace } from "./feed-place.ts";
import { createFeedWaiters, type WaitedFor } from "./feed-waiters.ts";
import type { ChangeSource } from "./read-change-page.ts";
import { createRecentChanges } from "./recent-changes.ts";

/** Read in one statement. */
const atOnce = 1_000;
/** After a look: for each who was woken by it, in ms. To tell one takes some 0.04 ms, so that all together take no more than a twelfth of a core, however much happens. */
const restOfEachMs = 0.5;
/** Between looks that nothing has called for: while news can be heard, and while they can't. */
const pausesMs = { heard: 5_000, unheard: 1_000 };

export interface FollowOptions {
  readonly catalog: ChangeSource;
  readonly news?: NewsSource | undefined;
  readonly log: Logger;
  /** Tells the catalogs that somebody waits. */
  announceWanted(): Promise<void>;
  readonly pausesMs?: typeof pausesMs;
}

export interface FeedFollower extends ChangeSource {
  /**
   * Resolves when there may be something behind this place that is waited for, when its feed is begun anew, or once the signal aborts. What happens to others
   * wakes nobody.
   *
   * @returns the place to go on from: this one, or one behind it, where what lies between is of others.
   */
  waitBehind(place: FeedPlace, signal: AbortSignal, of?: WaitedFor): Promise<FeedPlace>;
  close(): void;
}

export function followFeed(options: FollowOptions): FeedFollower {
  const { catalog, news } = options;
  const waiters = createFeedWaiters();
  const recent = createRecentChanges();
  const looks = createLooks(options, waiters, recent);
  news?.onNews((told) => {
    if (told === undefined || told.type === "ChangesTold") looks.call();
  });

  /** What was read is of a feed that is no more, or whoever has seen another one is: all look for themselves, and what is kept is read anew. */
  const forgetAnother = (epoch: string) => {
    if (recent.isOf(epoch)) return;
    recent.forget();
    waiters.wakeAll();
    looks.call();
  };

  return {
    // As the catalog tells it; what was read for all of late is not read once more.
    async changes(wanted) {
      const known = recent.read(wanted);
      if (known) return known;
      const read = await catalog.changes(wanted);
      forgetAnother(read.epoch);
      return read;
    },
    async waitBehind(place, signal, of = {}) {
      if (signal.aborted) return place;
      // Of a feed that is closed nothing will be heard: whoever asks all the same is not to ask again at once, for ever.
      const behind = looks.isClosed() ? place : recent.lead(place, of);
      if (behind === undefined) return place;
      return await waiters.wait(behind, of, signal, () => {
        // What was told while nobody waited was not looked for.
        if (looks.isDirty() || waiters.count() === 1) looks.call();
      });
    },
    close() {
      looks.close();
      waiters.wakeAll();
    },
  };
}

/** Reads the feed for all who wait, one look at a time: when it is called for, and after a while. */
function createLooks(
  options: FollowOptions,
  waiters: ReturnType<typeof createFeedWaiters>,
  recent: ReturnType<typeof createRecentChanges>,
) {
  const { catalog, news, log } = options;
  const pauses = options.pausesMs ?? pausesMs;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  /** Something may have happened since the last look began. */
  let isDirty = true;
  let isClosed = false;
  const tellWanted = createTeller(options);
  const rest = createRest(() => call());

  const look = async () => {
    isDirty = false;
    for (let isMore = true; isMore && !isClosed; ) {
      const after = recent.last() ?? Number.MAX_SAFE_INTEGER;
      const read = await catalog.changes({ after, limit: atOnce });
      isMore = read.changes.length === atOnce;
      const isAnew = recent.add(read, !isMore);
      if (isAnew) waiters.wakeAll();
      else rest.of(restOfEachMs * waiters.wake(recent.lead));
    }
  };
  const schedule = () => {
    clearTimeout(timer);
    if (waiters.count() === 0 || isClosed) return;
    timer = setTimeout(call, news?.isListening() ? pauses.heard : pauses.unheard);
  };
  const call = () => {
    isDirty = true;
    if (looking || waiters.count() === 0 || isClosed) return;
    tellWanted();
    if (rest.isOn()) return;
    looking = look()
      .catch((error: unknown) => log.debug({ error }, "changes can't be read now"))
      .finally(() => {
        looking = undefined;
        if (isDirty) call();
        else schedule();
      });
  };
  return {
    call,
    isDirty: () => isDirty,
    isClosed: () => isClosed,
    close() {
      isClosed = true;
      clearTimeout(timer);
      rest.end();
    },
  };
}

/** @param then is called at its end, where somebody has asked meanwhile whether it is over. */
function createRest(then: () => void) {
  let until = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  return {
    of(ms: number) {
      until = Math.max(until, performance.now() + ms);
    },
    isOn() {
      const ms = until - performance.now();
      if (ms <= 0) return false;
      timer ??= setTimeout(() => {
        timer = undefined;
        then();
      }, ms);
      return true;
    },
    end: () => clearTimeout(timer),
  };
}

/** Tells the catalogs that somebody waits, as often as they have to hear it. What the queue does not take is told again when it is asked for next. */
function createTeller({ announceWanted, log }: Pick<FollowOptions, "announceWanted" | "log">): () => void {
  /** When the queue was last given what it has taken by now. */
  let wantedAt = Number.NEGATIVE_INFINITY;
  let isTelling = false;
  const tell = async () => {
    const askedAt = performance.now();
    try {
      await announceWanted();
      wantedAt = askedAt;
    } catch (error) {
      log.debug({ error }, "the queue does not take that changes are wanted; they are looked for");
    }
    isTelling = false;
  };
  return () => {
    if (isTelling || performance.now() - wantedAt < changesWantedForMs / 2) return;
    isTelling = true;
    void tell();
  };
}
