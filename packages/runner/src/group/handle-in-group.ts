/**
 * A delivery, and all that follows from it in its own service: steps that feed each other are one attempt, whose messages to itself and
 * whose intermediates do not leave the worker.
 *
 * It is the same as if they had: what a step sends is caught on its way to the queue, and handled as the first delivery that would have
 * come of it. Where that can't be done here, or does not come to an end here, the message goes to the queue after all, and what it needs
 * to storage before it:
 *
 * - once the worker drains, or the attempt has gone on for long;
 * - where a step has failed: its retries and its story are the queue's;
 * - from the third delivery on, and where the queue has given up on it before: what ends the workers that have it is found step by step.
 *
 * Its records are written together, before anybody else is told of one, or when nothing is begun here any more; the catalog is told then. The
 * delivery is acked when nothing of it is left here. Whoever gets it after a crash finds what was made by then and goes on from there:
 * an intermediate that was not stored has expired, and is made again.
 */
import type { Ledgers } from "@segue/artifacts";
import { type ArtifactReady, type Kind, kindsOf, type Task, timesReturned } from "@segue/contracts";
import { type Delivery, mayFollowAnother, readMessage, requestOf, type Send } from "@segue/queue";
import type { AnyStep } from "@segue/step";
import type { Ended, HostedSteps } from "../handle-delivery.ts";
import type { Ending, HandlerParts } from "../handler-parts.ts";
import { createGroupArtifacts, type GroupArtifacts } from "./group-artifacts.ts";
import { type GroupLimits, startGroupTime } from "./group-time.ts";
import { holdPayloads } from "./held-payloads.ts";
import { asFollowing, asTried, createHouse, type House, type Outward, readTask, type Sent } from "./house.ts";
import { type OpenLedger, openLedger } from "./open-ledger.ts";
import { openOutgoing } from "./outgoing.ts";

const maxDeliveries = 2;

export interface GroupOptions {
  /** All steps of the service, for messages of one priority. */
  readonly steps: HostedSteps;
  readonly send: Send;
  /** Where records of what is done together are kept together; null: each in an object of its own. */
  readonly ledgers: Ledgers | null;
  /** How long a group goes on. */
  readonly limits: GroupLimits;
  /** As `handleDelivery`, with what the steps send going through `send`. */
  handle(hosted: HostedSteps, delivery: Delivery, send: Send): Promise<Ended>;
}

/** Handles one delivery for some of a service's steps, and what follows from it there; acks or nacks it. Never throws. */
export async function handleInGroup(
  given: GroupOptions,
  hosted: HostedSteps,
  delivery: Delivery,
): Promise<Ended> {
  const options = mayFollowAnother(delivery) ? tellingSo(given) : given;
  const message = readMessage(delivery);
  const comesOften = delivery.deliveryAttempt > maxDeliveries || timesReturned(delivery.attributes) > 0;
  if (message instanceof Error || comesOften) return await options.handle(hosted, delivery, options.send);
  const { wants, versions, master } = requestOf(message);
  const house = createHouse(options.steps, versions);
  const [{ artifacts, scratchDir, log }] = options.steps;
  const held = holdPayloads(scratchDir);
  const isAsked = askedBy(hosted, message);
  const group = createGroupArtifacts(
    artifacts,
    held,
    (kind) => isAsked(kind) || house.isWantedElsewhere(kind, wants),
  );
  const ledger = options.ledgers ? openLedger(options.ledgers.of(master), artifacts) : null;
  try {
    return await handleAll({ options, house, group, ledger }, hosted, delivery);
  } finally {
    await held.drop().catch((error) => log.warn({ error }, "a group's directory could not be removed"));
  }
}

/** What follows, here or elsewhere, may have been done with it by whoever had the delivery before. */
function tellingSo(options: GroupOptions): GroupOptions {
  return {
    ...options,
    handle: (hosted, each, send) =>
      options.handle(hosted, each, (topic, sent) => send(topic, asFollowing(sent))),
  };
}

/** What was asked for by message may have been asked for by others too, and they wait for it; not for what it is made of. */
function askedBy(hosted: HostedSteps, message: ArtifactReady | Task): (kind: Kind) => boolean {
  const asked = message.type === "Rebuild" && hosted.find(({ step }) => step.name === message.step);
  const kinds = new Set(asked ? kindsOf(asked.step).map(({ name }) => name) : []);
  return ({ name }) => kinds.has(name);
}

/** One delivery's. */
interface Group {
  readonly options: GroupOptions;
  readonly house: House;
  readonly group: GroupArtifacts;
  readonly ledger: OpenLedger | null;
}

async function handleAll(together: Group, hosted: HostedSteps, delivery: Delivery): Promise<Ended> {
  const following = openFollowing(together, delivery);
  let settle = delivery.nack;
  const ended = await following.handle(hosted, {
    ...delivery,
    ack() {
      settle = delivery.ack;
    },
    nack() {},
  });
  const trouble = await following.ended();
  if (trouble === undefined) settle();
  else {
    together.options.steps[0].log.warn(
      { messageId: delivery.id, error: trouble },
      "what follows could not be sent: handed back",
    );
    delivery.nack();
  }
  return ended;
}

/** What follows from a delivery in its own service. */
interface Following {
  /** Handles a delivery, and begins what follows from it. */
  handle(hosted: HostedSteps, delivery: Delivery): Promise<Ended>;
  /** Resolves when nothing is left here: with what has kept a message from being sent, if anything has. */
  ended(): Promise<unknown>;
}

function openFollowing({ options, house, group, ledger }: Group, delivery: Delivery): Following {
  const { steps, handle } = options;
  const [{ draining }] = steps;
  const all = steps.map(({ step }) => step);
  const time = startGroupTime(draining, options.limits);
  const work = openWork();
  /** What steps need whose last input was not there: it may be made elsewhere, and bring them to another worker. */
  const waiting = new Map<string, Outward["needs"]>();
  /** How many facts or tasks have come to a step here. */
  const came = new Map<string, number>();

  const within = (together: readonly AnyStep[]) => (parts: HandlerParts) => ({
    ...parts,
    together,
    artifacts: group.artifacts,
    ledgers: ledger ? { of: () => ledger } : parts.ledgers,
    slots: time.slotsOf(parts.slots),
    rebuildClaims: kindsOf(parts.step).some(group.stores) ? parts.rebuildClaims : unclaimed,
  });
  const handleOne = (hosted: HostedSteps, each: Delivery, together: readonly AnyStep[]) =>
    handle(mapSteps(hosted, within(together)), each, sendInGroup);
  const mayBegin = () => !time.over.aborted;
  const { send, sendKept } = openOutgoing(options.send, ledger, group.exportHeld, time.over);
  const sendInGroup: Send = async (topic, sent) => {
    const takers = mayBegin() ? house.takersOf(topic, sent) : [];
    const outward = house.forOthers(topic, sent, takers);
    if (outward) await send(topic, outward);
    const isRebuild = readTask(topic, sent)?.type === "Rebuild";
    for (const taker of takers)
      work.begin(() => handleNext(taker, topic, sent), isRebuild ? taker.step.name : undefined);
  };
  /** @param before how it has ended here before. */
  const handleNext = async (taker: HandlerParts, topic: string, sent: Sent, before?: Ending) => {
    const deliveryAttempt = before === "handed-back" ? 2 : 1;
    const { sent: again, needs } = house.forStep(topic, sent, taker);
    if (before && !mayBegin()) return await send(topic, { sent: again, needs });
    if (!before) came.set(taker.step.name, (came.get(taker.step.name) ?? 0) + 1);
    const next = deliverWithin(delivery, taker, sent, deliveryAttempt);
    const { ending } = await handleOne([taker], next, []);
    if (ending === "not-yet") waiting.set(taker.step.name, needs);
    else waiting.delete(taker.step.name);
    // Whoever makes the other input meanwhile does not find this one until its record is written: one of the two has to look after that.
    const mayBeThere = ledger !== null && ending === "not-yet" && before === undefined;
    // It has not been tried: of a join's facts the other one does the work at this moment.
    const isDoneHere = (came.get(taker.step.name) ?? 0) > 1;
    const isForLater = ending === "handed-back" && before !== "handed-back" && isDoneHere;
    if (mayBeThere || isForLater) work.beginLater(() => handleNext(taker, topic, sent, ending));
    else if (next.isGivenBack())
      await send(topic, { sent: ending === "handed-back" ? again : asTried(again), needs });
  };
  return {
    handle: (hosted, each) => handleOne(hosted, each, all),
    async ended() {
      await work.ended(async () => ledger?.flush());
      const isNeeded = (kind: string) => [...waiting.values()].some((needs) => needs(kind));
      await group.exportHeld(isNeeded).then(sendKept).catch(work.fail);
      return work.trouble();
    },
  };
}

/** A message of the group's own for one of its steps. */
function deliverWithin(
  { id, subscription }: Delivery,
  { step }: HandlerParts,
  sent: Sent,
  deliveryAttempt: number,
): Delivery & { isGivenBack(): boolean } {
  let isGivenBack = false;
  return {
    ...{ id: `${id}.${step.name}`, subscription, deliveryAttempt },
    ...sent,
    ack() {},
    nack() {
      isGivenBack = true;
    },
    stepAside() {},
    isGivenBack: () => isGivenBack,
  };
}

/** What is under way in a group. */
function openWork() {
  const open = new Set<Promise<void>>();
  const later: (() => Promise<void>)[] = [];
  /** Of each step the last that was asked for, since the next finds its payload there. */
  const last = new Map<string, Promise<void>>();
  let trouble: unknown;
  const fail = (error: unknown) => {
    trouble ??= error;
  };
  /** @param inTurn works of one name come one after the other. */
  const begin = (work: () => Promise<void>, inTurn?: string) => {
    const before = inTurn === undefined ? undefined : last.get(inTurn);
    const doing = (before ?? Promise.resolve())
      .then(work)
      .catch(fail)
      .finally(() => open.delete(doing));
    open.add(doing);
    if (inTurn !== undefined) last.set(inTurn, doing);
  };
  return {
    begin,
    /** When all else has ended, and the records of it are written. */
    beginLater: (work: () => Promise<void>) => void later.push(work),
    fail,
    async ended(write: () => Promise<void>) {
      while (open.size > 0 || later.length > 0) {
        await Promise.all(open);
        if (open.size > 0 || later.length === 0) continue;
        await write().catch(fail);
        for (const work of later.splice(0)) begin(work);
      }
    },
    /** The first that has failed. */
    trouble: () => trouble,
  };
}

/** What is not stored spares nobody else the work: whoever waited for it would wait in vain. */
const unclaimed: HandlerParts["rebuildClaims"] = { take: async () => true, drop: async () => {} };

function mapSteps([first, ...others]: HostedSteps, map: (parts: HandlerParts) => HandlerParts): HostedSteps {
  return [map(first), ...others.map(map)];
}
