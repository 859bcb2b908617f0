import type { IntroduceOptions } from "./introduce-objects.ts";
import { createSecondLook } from "./second-look.ts";
import { type Span, sweepObjects } from "./sweep-objects.ts";

/** Sweeps go back to where the one before ended, whoever did it and however long ago, and some more. */
const overlapMs = 120_000;
/** Then others of the reconciler's tasks have their turn; the sweep goes on after them. */
const sweepForMs = 2_000;

export interface SweepPace {
  /** What is younger is left alone; sweeps are so far apart while the fleet is asked for something. */
  readonly quietMs: number;
  /** How far apart they are otherwise. */
  restMs(): number;
  /** Since any moment, in ms, by a clock that nobody sets: this process's when left out. */
  elapsedMs?(): number;
}

/** Goes through storage for what the catalog has not heard of, from time to time. */
export interface Sweep {
  /** Goes on with it for a while, if it is due. */
  run(): Promise<void>;
  /** Somebody has been asked for something, or may have been, and it may not come to be heard of: storage is to be looked at once it is old enough. */
  call(): void;
  /** In how many ms it is due. */
  dueInMs(): number;
}

/**
 * Each sweep goes from where the one before ended, and at first, in a database that is new or was made anew, from the beginning. Each step
 * is noted, so that one that is cut off goes on there; with it what it has passed and could not take in, which is looked at again after the sweep.
 *
 * @param stepNames names of each series that a step looks at.
 */
export function createSweep(options: IntroduceOptions, pace: SweepPace, stepNames?: number): Sweep {
  const { watches } = options;
  const { quietMs, elapsedMs = () => performance.now() } = pace;
  /** The first call that no sweep has answered. When that was, and the last one, no clock tells that is set meanwhile: one that was ahead for a moment would put a sweep off for as long. */
  let calledAt: number | undefined = Number.NEGATIVE_INFINITY;
  let lastCall = Number.NEGATIVE_INFINITY;
  let endedAt = Number.NEGATIVE_INFINITY;
  let begunAt = 0;
  let underWay: Span | undefined;
  const again = createSecondLook(options);
  const begin = async (): Promise<Span> => {
    begunAt = elapsedMs();
    const sweptTo = await watches.readSweptTo();
    const fromMs = sweptTo === undefined ? 0 : Math.max(0, sweptTo.getTime() - overlapMs);
    return { from: new Date(fromMs), to: new Date(options.now().getTime() - quietMs) };
  };
  /** @param goneThrough until when; before any call where it came to no end. */
  const end = (goneThrough: number) => {
    underWay = undefined;
    again.begin();
    endedAt = elapsedMs();
    // Clocks differ, and what is asked for with others comes some time after them.
    const isAnswered = lastCall + quietMs <= goneThrough;
    calledAt = isAnswered ? undefined : Math.max(calledAt ?? goneThrough, goneThrough);
  };
  const goOn = async (span: Span) => {
    const { reached, unread: names } = await sweepObjects(options, span, stepNames);
    if (!(await watches.noteSweptTo(reached, { names, now: options.now() }))) {
      options.log.error(
        { from: span.from },
        "too much can't be read here: sweeps wait for a release that can",
      );
      return end(Number.NEGATIVE_INFINITY);
    }
    if (reached >= span.to) return end(begunAt - quietMs);
    underWay = { from: reached, to: span.to };
  };
  const dueInMs = () => {
    if (underWay || again.isUnderWay()) return 0;
    const isFirst = endedAt === Number.NEGATIVE_INFINITY;
    const dueAt =
      calledAt === undefined
        ? endedAt + pace.restMs()
        : Math.max(calledAt, endedAt) + (isFirst ? 0 : quietMs);
    return Math.max(0, dueAt - elapsedMs());
  };
  return {
    dueInMs,
    call() {
      lastCall = elapsedMs();
      calledAt ??= lastCall;
    },
    async run() {
      if (dueInMs() > 0) return;
      if (!again.isUnderWay()) underWay ??= await begin();
      const until = performance.now() + sweepForMs;
      while (underWay && performance.now() < until) await goOn(underWay);
      while (again.isUnderWay() && performance.now() < until) await again.goOn();
    },
  };
}
