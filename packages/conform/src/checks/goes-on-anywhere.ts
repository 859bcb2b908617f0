import type { AnyStep } from "@segue/step";
import type { Check, Finding } from "../check.ts";
import { demandSame } from "../compare.ts";
import { Nonconformance } from "../nonconformance.ts";
import type { Sample } from "../sample.ts";
import type { Subject } from "../subject.ts";

/** Stopped at each checkpoint and after each piece, and gone on with by workers that know nothing but what was kept. */
export const goesOnAnywhere: Check = {
  title: "stopped at every checkpoint and piece, and gone on with elsewhere, it comes to the same result",
  async run(subject) {
    let most = 0;
    for (const sample of [...subject.samples, ...subject.long])
      most = Math.max(most, await cutUp(subject, sample));
    return most > 0 ? { measured: `${most} checkpoints and pieces at most` } : nothingToCut(subject.step);
  },
};

/** @returns how many places there were to stop at. */
async function cutUp(subject: Subject, sample: Sample): Promise<number> {
  const { made } = await subject.reference(sample);
  const places = made.checkpoints + made.pieces;
  if (places === 0) return 0;
  // Meanwhile the worker does other work, and what the step keeps between two calls is of another track.
  const other = subject.samples.find(({ given }) => given !== sample.given);
  let disturbed = false;
  const between = async () => {
    if (other && !disturbed) await subject.run(other);
    disturbed = true;
  };
  const ways = places === 1 ? [1] : [1, 2];
  for (const stopAfter of ways) {
    const ended = await subject.run(sample, { stopAfter, reversed: stopAfter === 1, between });
    demandSame(made, ended, `"${sample.name}", stopped after every ${stopAfter} of ${places} pieces`);
  }
  return places;
}

function nothingToCut(step: AnyStep): Finding {
  const generates = step.run.constructor.name === "AsyncGeneratorFunction";
  if (step.scatter || generates)
    throw new Nonconformance(
      `${step.name} is made for long input, and on none of the samples it yields a checkpoint or falls into pieces: give one`,
    );
  return { skipped: "it yields no checkpoints and does not scatter" };
}
