import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "@segue/telemetry";

export interface ForgetPaces {
  /** After the start: soon, since instances may live for less than an hour, and not all at the same moment. */
  readonly firstMs: number;
  /** When there was no more, or the database could not be asked. */
  readonly restMs: number;
  /** After each part at least. */
  readonly pauseMs: number;
}

/** Of the time that a part takes, so much longer the database is left to others. */
const roomFactor = 4;

/**
 * Has what was kept long enough deleted, in parts, until there is no more: however much comes, it is deleted as fast.
 *
 * @param forgetSome each deletes a part, and says whether there is more.
 * @returns stops it.
 */
export function startForgetting(
  forgetSome: readonly (() => Promise<boolean>)[],
  log: Logger,
  paces: ForgetPaces,
): () => void {
  const stopping = new AbortController();
  const { signal } = stopping;
  const wait = (ms: number) => sleep(ms, undefined, { signal, ref: false });
  const forgetAll = async () => {
    for (const forget of forgetSome) {
      for (let isMore = true; isMore; ) {
        const startedAt = performance.now();
        isMore = await forget();
        if (isMore) await wait(Math.max(paces.pauseMs, roomFactor * (performance.now() - startedAt)));
      }
    }
  };
  const run = async () => {
    for (let ms = paces.firstMs; !signal.aborted; ms = paces.restMs) {
      await wait(ms);
      await forgetAll().catch((error: unknown) => {
        if (!signal.aborted) log.debug({ error }, "what was kept long enough can't be deleted now");
      });
    }
  };
  // It ends by being stopped.
  run().catch(() => {});
  return () => stopping.abort();
}
