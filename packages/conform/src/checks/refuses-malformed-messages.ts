import type { ArtifactReady } from "@segue/contracts";
import type { Check } from "../check.ts";
import { demandSame } from "../compare.ts";
import { Nonconformance } from "../nonconformance.ts";

/** What is no message, and what says something that no producer can have made, is not computed, and the worker lives. */
export const refusesMalformedMessages: Check = {
  title: "a malformed message, or one with malformed facts, makes no result, and the worker goes on",
  async run(subject) {
    const { harness, step, begin, came, result } = await subject.deliveries();
    const [sample] = subject.samples;
    const { made } = await subject.reference(sample);
    const first = await begin(sample);
    for (const data of [
      "",
      "no JSON",
      "{}",
      JSON.stringify({ ...first, record: { kind: first.record.kind } }),
    ])
      await harness.deliver(step, Buffer.from(data));
    for (const message of await triggers(first))
      for (const facts of [null, "facts", []])
        await harness.deliver(step, withFacts(message, facts), { id: `malformed-${JSON.stringify(facts)}` });
    const found = await result(first);
    if (found)
      throw new Nonconformance(
        `a malformed message: expected no result, got one that ${found.outcome.status}`,
      );
    // What became of those is known; what is told from here on is of the good one.
    harness.deadLetters.length = 0;
    await harness.deliverAll(first);
    demandSame(made, await came(first), `"${sample.name}", after malformed messages`);
    return undefined;

    /** Announcements that complete the step's inputs. */
    async function triggers(announced: ArtifactReady): Promise<ArtifactReady[]> {
      const kinds = new Set(harness.chain.triggersOf(step).map(({ name }) => name));
      for (const producer of harness.chain.ancestorsOf(step)) await harness.deliver(producer, announced);
      return [announced, ...harness.ready].filter((message) => kinds.has(message.record.kind));
    }
  },
};

function withFacts(message: ArtifactReady, facts: unknown): ArtifactReady {
  const { outcome } = message.record;
  if (outcome.status !== "succeeded") return message;
  return { ...message, record: { ...message.record, outcome: { ...outcome, facts } } };
}
