import { createRandom } from "@segue/synth";
import TinyQueue from "tinyqueue";

/** Virtual time, and all that is random in it. */
export interface Timeline {
  readonly nowSec: number;
  after(sec: number, work: () => void): void;
  /** Goes from one thing that is due to the next, until it is over or nothing is. */
  run(isOver: () => boolean): void;
  /** Between two things of which so many happen in a second, on the mean. */
  exponential(perSec: number): number;
  /** Around 1: 1 is its mean. */
  spread(): number;
}

interface Due {
  readonly atSec: number;
  /** Of what is due at the same moment the first that was said comes first. */
  readonly order: number;
  readonly work: () => void;
}

/** @param spread the standard deviation of the logarithm of what {@link Timeline.spread} says. */
export function createTimeline(seed: number, spread: number): Timeline {
  const due = new TinyQueue<Due>([], (a, b) => a.atSec - b.atSec || a.order - b.order);
  const { next: random } = createRandom(seed);
  let nowSec = 0;
  let order = 0;
  return {
    get nowSec() {
      return nowSec;
    },
    after(sec, work) {
      due.push({ atSec: nowSec + sec, order: order++, work });
    },
    run(isOver) {
      for (let next = due.pop(); next && !isOver(); next = due.pop()) {
        nowSec = next.atSec;
        next.work();
      }
    },
    exponential: (perSec) => -Math.log(1 - random()) / perSec,
    spread: () => {
      // Box and Muller's normal deviate; the mean of what comes of it is 1.
      const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
      return Math.exp(spread * normal - spread ** 2 / 2);
    },
  };
}
