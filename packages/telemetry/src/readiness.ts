/**
 * Whether a process can do its work: whether what it needs answers. Asked every now and then, and told when it changes.
 *
 *   unknown --- answers ---> well --- fails 3 times in a row ---> away --- answers twice in a row ---> well
 *      +------- fails -----------------------------------------> away
 *
 * One slow answer moves nothing, in neither direction.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "./logger.ts";

/** Something that a process needs. */
export interface Dependency {
  readonly name: string;
  /** @throws why it can't be used. */
  check(signal: AbortSignal): Promise<unknown>;
}

/** Why a process can't do its work. */
export interface Reason {
  readonly what: string;
  readonly why: string;
}

export interface ReadinessOptions {
  readonly dependencies: readonly Dependency[];
  readonly log: Pick<Logger, "warn" | "info">;
  readonly pace?: Partial<ReadinessPace>;
}

export interface ReadinessPace {
  /** Between checks of what answers. */
  readonly wellMs: number;
  /** Between checks of what does not. */
  readonly awayMs: number;
  /** Longest that an answer may take. */
  readonly answerMs: number;
}

/** A check of storage or queue costs a request. */
const defaultPace: ReadinessPace = { wellMs: 10_000, awayMs: 2_000, answerMs: 10_000 };
const failuresToLose = 3;
const answersToRegain = 2;

export interface Readiness {
  /** None while all answers. */
  reasons(): readonly Reason[];
  stop(): void;
}

export function watchReadiness({ dependencies, log, pace }: ReadinessOptions): Readiness {
  const stopping = new AbortController();
  const watched = dependencies.map((dependency) =>
    watchDependency(dependency, { log, pace: { ...defaultPace, ...pace }, signal: stopping.signal }),
  );
  return {
    reasons: () => watched.flatMap((reason) => reason() ?? []),
    stop: () => stopping.abort(),
  };
}

function watchDependency(
  { name, check }: Dependency,
  { log, pace, signal }: { log: ReadinessOptions["log"]; pace: ReadinessPace; signal: AbortSignal },
): () => Reason | undefined {
  let state: "unknown" | "well" | "away" = "unknown";
  let why = "it has not answered yet";
  let inARow = 0;
  const noteAnswer = () => {
    if (state === "well") {
      inARow = 0;
      return;
    }
    inARow += 1;
    if (state === "away" && inARow < answersToRegain) return;
    if (state === "away") log.info({ dependency: name }, `${name} answers again`);
    state = "well";
    inARow = 0;
  };
  const noteFailure = (error: unknown) => {
    why = error instanceof Error ? error.message : String(error);
    if (state === "away") {
      inARow = 0;
      return;
    }
    inARow += 1;
    if (state === "well" && inARow < failuresToLose) return;
    log.warn({ dependency: name, error }, `${name} does not answer: not ready`);
    state = "away";
    inARow = 0;
  };
  const watch = async () => {
    while (!signal.aborted) {
      try {
        await withinMs(pace.answerMs, signal, check);
        noteAnswer();
      } catch (error) {
        if (!signal.aborted) noteFailure(error);
      }
      const isSteady = state === "well" && inARow === 0;
      const pauseMs = isSteady ? pace.wellMs : pace.awayMs;
      await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => {});
    }
  };
  void watch();
  return () => (state === "well" ? undefined : { what: name, why });
}

async function withinMs(limitMs: number, stop: AbortSignal, check: Dependency["check"]): Promise<void> {
  const over = new AbortController();
  const signal = AbortSignal.any([stop, over.signal]);
  const late = sleep(limitMs, undefined, { signal, ref: false }).then(() => {
    throw new Error(`no answer within ${limitMs} ms`);
  });
  try {
    await Promise.race([check(signal), late]);
  } finally {
    over.abort();
    late.catch(() => {});
  }
}
