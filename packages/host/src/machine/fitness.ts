/**
 * Whether this worker's machine can do its part. An attempt that fails by a full disk, by missing memory, files or
 * processes says nothing of its track: the worker takes no more work, is not ready, and tries by itself, with growing
 * pauses, whether a file can be written and a child started. When they can, it goes on.
 *
 *   well --- note(worker-unfit) ---> unwell --- the probe works ---> well
 *                                     ^   | the probe fails: later
 *                                     +---+
 *
 * A probe is small: it may work where attempts fail. The pauses go on growing until an attempt has worked.
 * One that has tells a machine without room from a file that needs more than there is, which its neighbours don't notice.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { MachineWatch } from "@segue/runner";
import type { StepLog } from "@segue/step";

export interface Fitness extends MachineWatch {
  /** Undefined while the machine is well; else what ails it, in words. */
  trouble(): string | undefined;
  /** Resolves when the machine is well, with a signal that is aborted when it no longer is; undefined when `signal` aborts first. */
  untilWell(signal: AbortSignal): Promise<AbortSignal | undefined>;
}

export interface FitnessOptions {
  readonly log: Pick<StepLog, "warn" | "info">;
  /** @throws what ails the machine. */
  probe(): Promise<void>;
  /** Ends the probing. */
  readonly signal: AbortSignal;
  /** Between probes; the last one stays. */
  readonly pausesMs?: readonly number[];
}

const defaultPausesMs = [1_000, 2_000, 5_000, 10_000, 30_000];

export function createFitness(options: FitnessOptions): Fitness {
  const { log, probe, signal, pausesMs = defaultPausesMs } = options;
  let trouble: string | undefined;
  let tries = 0;
  let lost = new AbortController();
  let well = Promise.resolve();

  const pauseMs = () => pausesMs[Math.min(tries, pausesMs.length - 1)];
  const recover = async (foundAtOnce: (isWell: boolean) => void) => {
    while (!signal.aborted) {
      await sleep(pauseMs(), undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) break;
      tries += 1;
      try {
        await probe();
        return foundAtOnce(tries === 1);
      } catch (error) {
        foundAtOnce(false);
        const found = error instanceof Error ? error.message : String(error);
        if (found !== trouble) log.warn({ error }, "the machine is still not well");
        trouble = found;
      }
    }
    foundAtOnce(false);
  };

  return {
    trouble: () => trouble && `this worker's machine is not well: ${trouble}`,
    async note(error) {
      if (error.code !== "worker-unfit" || trouble !== undefined) return false;
      trouble = error.message;
      log.warn(
        { error, pauseMs: pauseMs() },
        "this worker's machine is not well: it takes no more work until it is",
      );
      const recovered = Promise.withResolvers<void>();
      well = recovered.promise;
      lost.abort();
      const first = Promise.withResolvers<boolean>();
      void recover(first.resolve).then(() => {
        if (signal.aborted) return;
        log.info({ was: trouble }, "this worker's machine is well again");
        trouble = undefined;
        lost = new AbortController();
        recovered.resolve();
      });
      return await first.promise;
    },
    worked() {
      if (trouble === undefined) tries = 0;
    },
    async untilWell(stop) {
      const stopped = Promise.withResolvers<void>();
      const onAbort = () => stopped.resolve();
      stop.addEventListener("abort", onAbort, { once: true });
      while (trouble !== undefined && !stop.aborted) await Promise.race([well, stopped.promise]);
      stop.removeEventListener("abort", onAbort);
      return stop.aborted ? undefined : lost.signal;
    },
  };
}
