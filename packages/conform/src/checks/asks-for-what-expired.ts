import { type ArtifactReady, type Kind, Master } from "@segue/contracts";
import type { Check } from "../check.ts";
import { demandSame } from "../compare.ts";
import type { Deliveries } from "../delivery/deliveries.ts";
import { Nonconformance } from "../nonconformance.ts";
import type { Subject } from "../subject.ts";

/** Intermediates may be gone by the time that a step wants them: they are made again, and it has its result. */
export const asksForWhatExpired: Check = {
  title: "an input whose payload has expired is made again, and it then comes to the same result",
  async run(subject) {
    const deliveries = await subject.deliveries();
    const [sample] = subject.samples;
    const { made } = await subject.reference(sample);
    let expired = 0;
    for (const kind of expiring(subject)) {
      const first = await deliveries.begin(sample);
      await produceInputs(deliveries, first);
      if (!(await expire(deliveries, kind, first))) continue;
      expired += 1;
      await deliveries.harness.deliverAll(first);
      demandSame(made, await deliveries.came(first), `"${sample.name}", after its ${kind.name} had expired`);
      if (!(await isThereAgain(deliveries, kind, first)) && !isOnDemand(subject, kind))
        throw new Nonconformance(`"${sample.name}": a result without its ${kind.name}, which had expired`);
    }
    return expired > 0 ? { measured: `${expired} inputs` } : { skipped: "its inputs can't expire" };
  },
};

function expiring({ step }: Subject): Kind[] {
  const kinds: Kind[] = Object.values(step.consumes);
  return kinds.filter(({ name, payload }) => name !== Master.name && payload !== null);
}

function isOnDemand({ step }: Subject, kind: Kind): boolean {
  const inputs: [string, Kind][] = Object.entries(step.consumes);
  return inputs.some(([input, { name }]) => name === kind.name && step.onDemand.includes(input));
}

/** All that the step consumes, and not its own work. */
async function produceInputs({ harness, step }: Deliveries, first: ArtifactReady): Promise<void> {
  for (const producer of harness.chain.ancestorsOf(step)) await harness.deliver(producer, first);
}

async function expire({ harness, record }: Deliveries, kind: Kind, first: ArtifactReady): Promise<boolean> {
  const outcome = (await record(kind, first))?.outcome;
  if (outcome?.status !== "succeeded" || !outcome.payload) return false;
  return harness.store.deleteObject(outcome.payload);
}

async function isThereAgain(
  { harness, record }: Deliveries,
  kind: Kind,
  first: ArtifactReady,
): Promise<boolean> {
  const outcome = (await record(kind, first))?.outcome;
  return (
    outcome?.status === "succeeded" && outcome.payload !== null && harness.artifacts.isIntact(outcome.payload)
  );
}
