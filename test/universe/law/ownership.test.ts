import { planRequest } from "@segue/chain";
import { ownKindOf } from "@segue/contracts";
import { createPublisher } from "@segue/queue";
import { expect, test } from "vitest";
import { names } from "../cast/context.ts";
import first from "../fleet/first-release.ts";
import { Faults, noTroubles } from "../world/faults.ts";
import type { Lease } from "../world/lease.ts";
import { Owner } from "../world/owner.ts";
import { Queue } from "../world/queue.ts";
import { Random } from "../world/random.ts";
import { Scheduler } from "../world/scheduler.ts";
import { watchOwnership } from "./ownership.ts";

const { chain } = first;
const trackId = "01890000-0000-7000-8000-000000000000";
const wants = chain.steps.map(({ name }) => name);
const at = new Date(0).toISOString();
const attempt = {
  ...{ worker: "w", startedAt: at, finishedAt: at, durationMs: 0, cpuMs: null, gpuMs: null },
  ...{ earlier: [], deliveryAttempt: 1 },
};

/** The tasks of one request, and what is found wrong when one is acked. */
function createTrial(force: readonly string[] = []) {
  const scheduler = new Scheduler(1);
  const faults = new Faults(scheduler, noTroubles, 4);
  const queue = new Queue(scheduler, faults);
  const name = "tasks";
  const retry = { minBackoffSec: 1, maxBackoffSec: 60 };
  const topic = names.topic("tasks.press");
  queue.subscribe({ name, topic, filter: "", ackDeadlineSec: 600, retry, deadLetter: null });
  const leases: Lease[] = [];
  const owner = new Owner("press", new Random("press"));
  const take = (lease: Lease) => void leases.push(lease);
  queue.connect(name, { owner, maxMessages: 10, held: new Set(), isOpen: true, take });
  const breaches: string[] = [];
  watchOwnership({ queue, faults }, chain, (_, what) => void breaches.push(what));
  const publisher = createPublisher(async (to, sent) => void queue.publish(names.topic(to), sent), chain);
  const master = "a".repeat(64);
  const request = {
    ...planRequest(chain, { requestId: trackId, trackId, master, wants }),
    force: [...force],
  };
  return {
    breaches,
    ask: (step: string) => publisher.task({ type: "Run", step, request }),
    /** @param requestId of whoever it was made for. */
    async tell(step: string, requestId = trackId) {
      const spec = chain.step(step);
      const address = chain.addressesFor(master).get(ownKindOf(spec)) ?? "";
      const outcome = { status: "succeeded" as const, facts: {}, payload: null };
      const made = { step, version: spec.version, kind: ownKindOf(spec), address, outcome, attempt, at };
      await publisher.stepOutcome({ requestId, trackId, master, how: "computed", ...made });
    },
    /** Acks the only task that was delivered. */
    async ack() {
      await scheduler.run(scheduler.nowMs + 60_000);
      const [lease] = leases.splice(0);
      if (!lease) throw new Error("expected a delivery");
      faults.onAckCalled(lease);
      queue.ack(lease);
    },
  };
}

const another = "01890000-0000-7000-9000-000000000001";
const lostLabel = [expect.stringContaining("nobody is left to make the result of label")];

test("a task that is acked and has not been told is found", async () => {
  const { ask, ack, breaches } = createTrial();
  await ask("weigh");
  await ack();
  expect(breaches).toEqual([expect.stringContaining("nobody is left to make the result of weigh")]);
});

test("a join whose other input nobody has been asked for yet is not lost by the one that is there", async () => {
  const { ask, tell, ack, breaches } = createTrial();
  await ask("weigh");
  await tell("weigh");
  await ack();
  expect(breaches).toEqual([]);
  // The other input's own task answers for it.
  await ask("paint");
  await tell("paint");
  await ack();
  expect(breaches).toEqual(lostLabel);
});

test("where the other input is there the join is lost, whoever had that made", async () => {
  for (const requestId of [trackId, another]) {
    const { ask, tell, ack, breaches } = createTrial();
    await tell("paint", requestId);
    await ask("weigh");
    await tell("weigh");
    await ack();
    expect(breaches).toEqual(lostLabel);
  }
});

test("what is there of an input that is forced is not what the join waits for", async () => {
  const { ask, tell, ack, breaches } = createTrial(["paint"]);
  await tell("paint", another);
  await ask("weigh");
  await tell("weigh");
  await ack();
  expect(breaches).toEqual([]);
});
