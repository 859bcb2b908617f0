import type { Check } from "../check.ts";
import { describeError } from "../compare.ts";
import { Nonconformance } from "../nonconformance.ts";

/** Each error that a step declares is one that it has, and each of its refusals has the code that its author says. */
export const refusesByName: Check = {
  title: "what it refuses ends with the permanent error that it declares for it",
  async run(subject) {
    for (const refusal of subject.refusals) {
      const ended = await subject.run(refusal);
      const came = ended.status === "failed" ? describeError(ended.error) : "a result";
      if (ended.status === "failed" && ended.error.permanent && ended.error.code === refusal.code) continue;
      throw new Nonconformance(
        `"${refusal.name}": expected the permanent error ${refusal.code}, got ${came}`,
      );
    }
    const codes = new Set(subject.refusals.map(({ code }) => code));
    const unmet = (subject.step.errors ?? []).filter(({ code }: { code: string }) => !codes.has(code));
    if (unmet.length > 0)
      throw new Nonconformance(
        `it declares ${unmet.map(({ code }: { code: string }) => code).join(", ")}, and none of what it refuses ends so`,
      );
    return codes.size > 0
      ? { measured: [...codes].join(", ") }
      : { skipped: "it is given nothing to refuse" };
  },
};
