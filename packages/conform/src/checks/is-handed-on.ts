import type { Check } from "../check.ts";
import { demandSame } from "../compare.ts";
import { Nonconformance } from "../nonconformance.ts";

/** A worker that drains stores the checkpoint and hands on: state and files go through storage, and come back to a thread. */
export const isHandedOn: Check = {
  title: "handed on at every checkpoint by workers that drain, it comes to the same result",
  async run(subject) {
    const { harness, step, begin, came } = await subject.deliveries();
    let handedOn = 0;
    for (const sample of subject.samples) {
      const { made } = await subject.reference(sample);
      const first = await begin(sample);
      const endings = (await harness.deliverAll(first, { draining: AbortSignal.abort() }))[step.name] ?? [];
      demandSame(made, await came(first), `"${sample.name}", handed on by workers that drain`);
      if (!endings.includes("computed")) throw new Nonconformance(`"${sample.name}": ended ${endings}`);
      handedOn = Math.max(handedOn, endings.filter((ending) => ending === "handed-on").length);
    }
    return handedOn > 0
      ? { measured: `${handedOn} times at most` }
      : { skipped: "it yields no checkpoints there" };
  },
};
