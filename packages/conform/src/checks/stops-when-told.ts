import type { Check } from "../check.ts";
import { watchChildren } from "../children.ts";
import { describeError, isSame } from "../compare.ts";
import { Nonconformance } from "../nonconformance.ts";
import { runStoppedAt } from "../run-stopped-at.ts";
import type { Sample } from "../sample.ts";
import { places } from "../spread.ts";
import type { Subject } from "../subject.ts";

const mostPlaces = 3;

/** Told to stop at any moment, it ends; what it had is no result, and the input is not to blame. */
export const stopsWhenTold: Check = {
  title: "told to stop at any place, it makes no half result, blames nobody, and leaves no child behind",
  async run(subject) {
    let stopped = 0;
    for (const sample of [...subject.samples.slice(0, 1), ...subject.long]) {
      const { events } = await subject.reference(sample);
      for (const place of [-1, ...places(events.length, mostPlaces)]) {
        await stopAt(subject, sample, place);
        stopped += 1;
      }
    }
    return { measured: `stopped at ${stopped} places` };
  },
};

/** @param place which of the things that it does is the last one before it is told; -1: before it begins. */
async function stopAt(subject: Subject, sample: Sample, place: number): Promise<void> {
  const { made, events } = await subject.reference(sample);
  const children = watchChildren();
  const ended = await runStoppedAt(subject, sample, place, children.watch);
  const where =
    place < 0 ? "before it began" : `at its ${events[place]?.type} (${place + 1} of ${events.length})`;
  const when = `"${sample.name}", told to stop ${where}`;
  const left = await children.left(subject.patienceMs);
  if (left) throw new Nonconformance(`${when}: ${left}`);
  if (ended.status === "failed") {
    if (!ended.error.permanent) return;
    throw new Nonconformance(`${when}, it blames the input: ${describeError(ended.error)}`);
  }
  if (!isSame(made, ended)) throw new Nonconformance(`${when}, it returns a half result`);
}
