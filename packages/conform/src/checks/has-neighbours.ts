import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { ArtifactReady, ArtifactRecord } from "@segue/contracts";
import type { Check } from "../check.ts";
import { demandSame } from "../compare.ts";
import type { Deliveries } from "../delivery/deliveries.ts";
import { Taken, takenOf } from "../delivery/delivery-fleet.ts";
import { Nonconformance } from "../nonconformance.ts";
import type { Sample } from "../sample.ts";
import type { Subject } from "../subject.ts";

/**
 * Which steps a service hosts is placement: neither bytes nor records tell. So the step is delivered to in a worker that hosts those that
 * feed it, while nothing else is at work there, and while the one that it feeds is at work on another track's result.
 */
export const hasNeighbours: Check = {
  title:
    "hosted with the steps that feed it, beside one that it feeds at work, and with all of them in one attempt, it makes the same result and record",
  async run(subject) {
    const deliveries = await subject.deliveries();
    const [first, other = first] = subject.samples;
    const alone = (await makeIt(subject, deliveries, first)).record;
    const before = await makeIt(subject, deliveries, other);
    const together = await besideNeighbour(deliveries, before, () => makeIt(subject, deliveries, first));
    demandSameRecord(alone, together.record, `"${first.name}", beside a neighbour at work`);
    await demandTaken(subject, deliveries, other, before.first);
    demandSameRecord(
      alone,
      await makeTogether(subject, deliveries, first),
      `"${first.name}", in one attempt`,
    );
    return { measured: `with ${deliveries.harness.chain.steps.length - 1} neighbours` };
  },
};

/** What feeds it, the step, and what it feeds, in one attempt: what one hands on to the next does not leave the worker. */
async function makeTogether(
  subject: Subject,
  deliveries: Deliveries,
  sample: Sample,
): Promise<ArtifactRecord> {
  const { harness, neighbour } = deliveries;
  const first = await deliveries.begin(sample);
  const request = { ...first.request, wants: [...first.request.wants, neighbour.name] };
  const { settled, endings } = await harness.deliverTogether({ ...first, request });
  const record = await deliveries.result(first);
  if (!record || settled !== "ack")
    throw new Nonconformance(`"${sample.name}", in one attempt: ${JSON.stringify(endings)}`);
  await demandTaken(subject, deliveries, sample, first);
  return record;
}

interface Made {
  /** The announcement of its master. */
  readonly first: ArtifactReady;
  readonly record: ArtifactRecord;
  /** Of the output that a neighbour takes. */
  readonly taken: ArtifactRecord;
}

/** Makes a sample's artifact, and whatever it is made from, and demands that it is what the step makes by itself. */
async function makeIt(subject: Subject, deliveries: Deliveries, sample: Sample): Promise<Made> {
  const { made } = await subject.reference(sample);
  const first = await deliveries.begin(sample);
  await deliveries.harness.deliverAll(first);
  demandSame(made, await deliveries.came(first), `"${sample.name}", in a worker that hosts its neighbours`);
  const record = await deliveries.result(first);
  const taken = await deliveries.record(takenOf(subject.step).kind, first);
  if (!record || !taken) throw new Nonconformance(`"${sample.name}": its record is gone`);
  return { first, record, taken };
}

/** Does something while the neighbour is at work on an artifact, in the same worker. */
async function besideNeighbour<T>(
  { harness, neighbour, gate }: Deliveries,
  { first, taken: record }: Made,
  act: () => Promise<T>,
): Promise<T> {
  const request = { ...first.request, wants: [...first.request.wants, neighbour.name] };
  await writeFile(gate, "");
  const taking = harness.deliver(neighbour, { ...first, record, request });
  try {
    const ended = taking.then(({ ending }) => {
      throw new Nonconformance(`what it feeds could not take its result: ${ending}`);
    });
    while (!existsSync(`${gate}.held`)) await Promise.race([delay(10), ended]);
    ended.catch(() => {});
    return await act();
  } finally {
    await rm(gate, { force: true });
    await taking;
    await rm(`${gate}.held`, { force: true });
  }
}

/** Who made it, when and for whom is told apart from what it is. */
function demandSameRecord(expected: ArtifactRecord, found: ArtifactRecord, how: string): void {
  const what = ({ address, kind, step, inputs, outcome }: ArtifactRecord) => {
    // A payload's place has a name of its own each time that it is made.
    const text = JSON.stringify(outcome, (key, value) =>
      key === "bucket" || key === "name" ? undefined : value,
    );
    return { address, kind, step, inputs, outcome: JSON.parse(text) };
  };
  try {
    assert.deepEqual(what(found), what(expected));
  } catch (error) {
    throw new Nonconformance(`${how}: the record differs: ${error instanceof Error ? error.message : error}`);
  }
}

/** The neighbour has read what the step makes, to the byte. */
async function demandTaken(
  subject: Subject,
  deliveries: Deliveries,
  sample: Sample,
  first: ArtifactReady,
): Promise<void> {
  const { made } = await subject.reference(sample);
  const payload = made.payloads[takenOf(subject.step).name] ?? Buffer.alloc(0);
  const outcome = (await deliveries.record(Taken, first))?.outcome;
  const taken = outcome?.status === "succeeded" ? Taken.facts.parse(outcome.facts) : null;
  const sha256 = createHash("sha256").update(payload).digest("hex");
  if (taken?.sha256 === sha256 && taken.sizeBytes === payload.length) return;
  throw new Nonconformance(
    `"${sample.name}": a neighbour took ${taken?.sizeBytes} bytes of it, not its ${payload.length}`,
  );
}
