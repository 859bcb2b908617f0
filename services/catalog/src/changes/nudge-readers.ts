/**
 * Tells whoever waits for changes that there are some: only while somebody has asked for it of late. A track that has come to an end is told at once, other things
 * within a second: of many that happen one message tells.
 */
import { changesWantedForMs, type News } from "@segue/contracts";
import type { NewsSource } from "@segue/step";
import type { Logger } from "@segue/telemetry";
import type { ChangeRow } from "./tell-changes.ts";

/** Between two messages: after what somebody is likely to wait for, and after all else. */
const pausesMs = { turn: 100, step: 1_000 };

export interface Nudges {
  /** These are committed. */
  note(changes: readonly ChangeRow[]): void;
  stop(): void;
}

export interface NudgeOptions {
  readonly news: Pick<NewsSource, "onNews"> | undefined;
  readonly log: Logger;
  send(news: News): Promise<void>;
}

export function nudgeReaders({ news, log, send }: NudgeOptions): Nudges {
  let wantedUntil = Number.NEGATIVE_INFINITY;
  let sentAt = Number.NEGATIVE_INFINITY;
  let due: { readonly at: number; readonly timer: NodeJS.Timeout } | undefined;
  let isStopped = false;
  news?.onNews((told) => {
    if (told?.type === "ChangesWanted") wantedUntil = performance.now() + changesWantedForMs;
  });
  const tell = () => {
    due = undefined;
    sentAt = performance.now();
    send({ v: 1, type: "ChangesTold" }).catch((error: unknown) => {
      log.debug({ error }, "the queue does not take that there are changes; whoever waits looks for them");
    });
  };
  return {
    note(changes) {
      if (isStopped || changes.length === 0 || performance.now() > wantedUntil) return;
      const isTurn = changes.some(({ type }) => !type.startsWith("step."));
      const at = sentAt + (isTurn ? pausesMs.turn : pausesMs.step);
      if (due && due.at <= at) return;
      clearTimeout(due?.timer);
      due = { at, timer: setTimeout(tell, Math.max(0, at - performance.now())) };
    },
    stop() {
      isStopped = true;
      clearTimeout(due?.timer);
    },
  };
}
