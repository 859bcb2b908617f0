import { StepError } from "@segue/contracts";
import type { BatchSize } from "@segue/step";

/** What waits for company can be told to go. */
interface Stoppable {
  readonly signal: AbortSignal;
}

interface Waiting<Run, End> {
  readonly run: Run;
  readonly done: PromiseWithResolvers<End>;
}

/** Gathers runs into batches. */
export interface Gathering<Run, End> {
  /** Resolves with the run's own end. Rejects when its signal aborts before its batch has begun. */
  add(run: Run): Promise<End>;
}

/**
 * A batch begins when it is full, or when its first has waited for so long.
 *
 * @param submit does the work of a batch: an end for each run, in their order. Never rejects.
 */
export function createGathering<Run extends Stoppable, End>(
  { max, waitMs }: BatchSize,
  submit: (runs: readonly Run[]) => Promise<readonly End[]>,
): Gathering<Run, End> {
  const waiting: Waiting<Run, End>[] = [];
  let timer: NodeJS.Timeout | undefined;
  const stopWaiting = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  const begin = async () => {
    stopWaiting();
    const batch = waiting.splice(0, max);
    const ends = await submit(batch.map(({ run }) => run));
    for (const [index, { done }] of batch.entries()) done.resolve(ends[index] as End);
  };
  return {
    async add(run) {
      const entry = { run, done: Promise.withResolvers<End>() };
      const leave = () => {
        const index = waiting.indexOf(entry);
        if (index < 0) return;
        waiting.splice(index, 1);
        // Nobody is left to begin with; whoever comes next is the first.
        if (waiting.length === 0) stopWaiting();
        entry.done.reject(new StepError("aborted", "the attempt was told to stop"));
      };
      waiting.push(entry);
      run.signal.addEventListener("abort", leave, { once: true });
      if (run.signal.aborted) leave();
      else if (waiting.length >= max) void begin();
      else timer ??= setTimeout(begin, waitMs);
      try {
        return await entry.done.promise;
      } finally {
        run.signal.removeEventListener("abort", leave);
      }
    },
  };
}
