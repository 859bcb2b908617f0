import type { Check } from "../check.ts";
import { demandSame } from "../compare.ts";
import { Nonconformance } from "../nonconformance.ts";

/** The queue delivers at least once: at the same moment, and long after. All of them find one result, and only the first makes it. */
export const isDeliveredAgain: Check = {
  title:
    "delivered twice at once, and once more much later, there is one result, the one that it makes alone",
  async run(subject) {
    const { harness, step, begin, came } = await subject.deliveries();
    const [sample] = subject.samples;
    const { made } = await subject.reference(sample);
    const first = await begin(sample);
    await Promise.all([harness.deliverAll(first), harness.deliverAll(first)]);
    demandSame(made, await came(first), `"${sample.name}", delivered twice at once to a worker`);
    const before = harness.outcomes.length;
    const endings = await harness.deliverAll(first);
    const again = harness.outcomes.slice(before).filter(({ how }) => how === "computed");
    if (again.length > 0 || !endings[step.name]?.includes("skipped"))
      throw new Nonconformance(
        `"${sample.name}", delivered late: expected it to be skipped, got ${endings[step.name]}`,
      );
    demandSame(made, await came(first), `"${sample.name}", delivered late`);
    return undefined;
  },
};
