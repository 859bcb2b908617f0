import { setTimeout as delay } from "node:timers/promises";
import type { Check } from "../check.ts";
import { Nonconformance } from "../nonconformance.ts";
import { collectGarbage, held, heldMore, OpenHandles } from "../open-handles.ts";
import { runStoppedAt } from "../run-stopped-at.ts";
import type { Sample } from "../sample.ts";
import { places } from "../spread.ts";
import type { Subject } from "../subject.ts";

const pollMs = 20;

/** A worker runs for months: what an attempt opens it closes, however it ends. */
export const leavesNothingOpen: Check = {
  title: "no thread, timer, socket, child process, open file or tensor outlives an attempt, however it ends",
  async run(subject) {
    const ways: Way[] = [];
    for (const sample of [...subject.samples.slice(0, 1), ...subject.long])
      ways.push(...(await waysToEnd(subject, sample)));
    for (const refusal of subject.refusals)
      ways.push([`"${refusal.name}", refused`, () => subject.run(refusal)]);
    for (const [how, run] of ways) {
      const open = new OpenHandles();
      try {
        const before = held();
        await open.during(run);
        const left = await leftBehind(() => open.one() ?? heldMore(before), subject.patienceMs);
        if (left) throw new Nonconformance(`${how}: ${left}`);
      } finally {
        open[Symbol.dispose]();
      }
    }
    return { measured: ways.map(([how]) => how).join(", ") };
  },
};

type Way = [how: string, run: () => Promise<unknown>];

async function waysToEnd(subject: Subject, sample: Sample): Promise<Way[]> {
  const { name } = sample;
  // What is opened once for all attempts is opened by then.
  const { events, made } = await subject.reference(sample);
  const ways: Way[] = [[`"${name}"`, () => subject.run(sample)]];
  for (const place of places(events.length, 3).slice(0, 2))
    ways.push([
      `"${name}", told to stop at its ${events[place]?.type}`,
      () => runStoppedAt(subject, sample, place),
    ]);
  if (made.checkpoints + made.pieces > 0)
    ways.push([`"${name}", stopped at every checkpoint`, () => subject.run(sample, { stopAfter: 1 })]);
  return ways;
}

/** What is on its way to its end gets there. */
async function leftBehind(look: () => string | undefined, patienceMs: number): Promise<string | undefined> {
  const until = Date.now() + patienceMs;
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve));
    const left = look();
    if (!left || Date.now() >= until) return left;
    collectGarbage();
    await delay(pollMs);
  }
}
