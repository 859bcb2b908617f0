import { isDeepStrictEqual } from "node:util";
import type { Kind } from "@segue/contracts";
import type { Check } from "../check.ts";
import { describeError } from "../compare.ts";
import { Nonconformance } from "../nonconformance.ts";
import type { Sample } from "../sample.ts";
import type { Subject } from "../subject.ts";

/** Facts that are none, as a defect or another release could send them. */
const malformed: readonly unknown[] = [null, {}, [], "facts", 0];

/**
 * Whatever its inputs' kinds accept as facts it has an answer to: facts that the kind declares optional are absent in what older versions
 * made. What a kind refuses never reaches a step; one that accepts anything leaves that to the step.
 */
export const readsWhatKindsAllow: Check = {
  title: "whatever facts its inputs' kinds accept, it has a result or a typed error",
  async run(subject) {
    const [sample] = subject.samples;
    for (const [input, kind] of Object.entries(subject.step.consumes) as [string, Kind][]) {
      for (const wrong of malformed) await tryFacts(subject, sample, input, kind, wrong);
      for (const [field, without] of withoutOptional(kind, sample.given[input]?.facts))
        await tryFacts(subject, sample, input, kind, without, `without the optional ${field}`);
    }
    return undefined;
  },
};

async function tryFacts(
  subject: Subject,
  sample: Sample,
  input: string,
  kind: Kind,
  facts: unknown,
  what = JSON.stringify(facts),
): Promise<void> {
  const read = kind.facts.safeParse(facts);
  const given = sample.given[input];
  if (!read.success || !given || isDeepStrictEqual(read.data, given.facts)) return;
  const changed = { ...sample.given, [input]: { ...given, facts: read.data } };
  const ended = await subject.run(sample, { given: changed });
  if (ended.status === "succeeded") return;
  const { error } = ended;
  if (error.permanent && error.code !== "invalid-output") return;
  throw new Nonconformance(
    `"${sample.name}", facts of ${input} ${what}: the kind ${kind.name} accepts them; expected a result or an error of the catalogue or its own, got ${describeError(error)}`,
  );
}

function withoutOptional(kind: Kind, facts: unknown): [string, unknown][] {
  if (typeof facts !== "object" || facts === null) return [];
  const required = Array.isArray(kind.schema.required) ? kind.schema.required : [];
  return Object.keys(facts)
    .filter((field) => !required.includes(field))
    .map((field) => [field, Object.fromEntries(Object.entries(facts).filter(([name]) => name !== field))]);
}
