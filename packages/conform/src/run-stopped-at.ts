import { StepError } from "@segue/contracts";
import type { AttemptEvent } from "@segue/step/attempt";
import type { Ended } from "./run-to-end.ts";
import type { Sample } from "./sample.ts";
import type { Subject } from "./subject.ts";

/**
 * Runs a step that is told to stop at one of the things that it does, by number; -1: before it begins.
 * @param watch told of everything that it does, and given the signal.
 */
export async function runStoppedAt(
  subject: Subject,
  sample: Sample,
  place: number,
  watch: (signal: AbortSignal) => (event: AttemptEvent) => void = () => () => {},
): Promise<Ended> {
  const stop = new AbortController();
  const tell = () => stop.abort(new StepError("aborted", "the attempt was told to stop"));
  const watching = watch(stop.signal);
  if (place < 0) tell();
  let seen = 0;
  const observe = (event: AttemptEvent) => {
    watching(event);
    if (seen === place) tell();
    seen += 1;
  };
  return subject.run(sample, { signal: stop.signal, observe });
}
