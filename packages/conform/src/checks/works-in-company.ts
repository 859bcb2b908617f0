import type { Check } from "../check.ts";
import { demandSame, describeError } from "../compare.ts";
import { Nonconformance } from "../nonconformance.ts";
import type { Sample } from "../sample.ts";
import type { Subject } from "../subject.ts";

/** With whom a message comes is chance: nothing of the others is in its result, whatever their order, and a bad one fails alone. */
export const worksInCompany: Check = {
  title: "done in one go with others, in any order and beside refused ones, it comes to the same result",
  async run(subject) {
    const { samples, refusals, step } = subject;
    if (!step.batch) return { skipped: "it does one message at a time" };
    const mixed = [...samples, ...refusals, ...samples];
    for (const members of [samples, [...mixed].reverse(), mixed].map((all) => all.slice(0, step.batch?.max)))
      await doTogether(subject, members);
    return { measured: `up to ${Math.min(step.batch.max, mixed.length)} together` };
  },
};

async function doTogether(subject: Subject, members: readonly Sample[]): Promise<void> {
  const company = members.map(({ name }) => `"${name}"`).join(", ");
  for (const [index, came] of (await subject.runTogether(members)).entries()) {
    const member = members[index];
    if (!member) continue;
    const how = `"${member.name}", in one go of ${company}`;
    const refusal = subject.refusals.find((one) => one === member);
    if (!refusal) demandSame((await subject.reference(member)).made, came, how);
    else if (came.status === "succeeded" || came.error.code !== refusal.code)
      throw new Nonconformance(
        `${how}: expected ${refusal.code}, got ${came.status === "failed" ? describeError(came.error) : "a result"}`,
      );
  }
}
