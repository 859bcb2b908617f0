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
 * The delivery is acked when nothing of it is left here. Whoever gets it after a crash finds what was made by then and goes on from there:
 * an intermediate that was not stored has expired, and is made again.
 */
import { type ArtifactReady, type Kind, kindsOf, type Task, timesReturned } from "@segue/contracts";
import { type Delivery, readMessage, requestOf, type Send } from "@segue/queue";
import type { Ended, HostedSteps } from "../handle-delivery.ts";
import type { HandlerParts } from "../handler-parts.ts";
import { createGroupArtifacts, type GroupArtifacts } from "./group-artifacts.ts";
import { startGroupTime } from "./group-time.ts";
import { holdPayloads } from "./held-payloads.ts";
import { asTried, createHouse, type House, type Outward, readTask, type Sent } from "./house.ts";

const maxDeliveries = 2;

export interface GroupOptions {
  /** All steps of the service, for messages of one priority. */
  readonly steps: HostedSteps;
  readonly send: Send;
  /** As `handleDelivery`, with what the steps send going through `send`. */
  handle(hosted: HostedSteps, delivery: Delivery, send: Send): Promise<Ended>;
}

/** Handles one delivery for some of a service's steps, and what follows from it there; acks or nacks it. Never throws. */
export async function handleInGroup(
  options: GroupOptions,
  hosted: HostedSteps,
  delivery: Delivery,
): Promise<Ended> {
  const message = readMessage(delivery);
  const comesOften = delivery.deliveryAttempt > maxDeliveries || timesReturned(delivery.attributes) > 0;
  if (message instanceof Error || comesOften) return await options.handle(hosted, delivery, options.send);
  const { wants, versions } = requestOf(message);
  const house = createHouse(options.steps, versions);
  const [{ artifacts, scratchDir, log }] = options.steps;
  const held = holdPayloads(scratchDir);
  const isAsked = askedBy(hosted, message);
  const group = createGroupArtifacts(
    artifacts,
    held,
    (kind) => isAsked(kind) || house.isWantedElsewhere(kind, wants),
  );
  try {
    return await handleAll(options, house, group, hosted, delivery);
  } finally {
    await held.drop().catch((error) => log.warn({ error }, "a group's directory could not be removed"));
  }
}

/** What was asked for by message may have been asked for by others too, and they wait for it; not for what it is made of. */
function askedBy(hosted: HostedSteps, message: ArtifactReady | Task): (kind: Kind) => boolean {
  const asked = message.type === "Rebuild" && hosted.find(({ step }) => step.name === message.step);
  const kinds = new Set(asked ? kindsOf(asked.step).map(({ name }) => name) : []);
  return ({ name }) => kinds.has(name);
}

async function handleAll(
  options: GroupOptions,
  house: House,
  group: GroupArtifacts,
  hosted: HostedSteps,
  delivery: Delivery,
): Promise<Ended> {
  const following = openFollowing(options, house, group, delivery);
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
    options.steps[0].log.warn(
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

function openFollowing(
  { steps, send, handle }: GroupOptions,
  house: House,
  { artifacts, stores, exportHeld }: GroupArtifacts,
  delivery: Delivery,
): Following {
  const [{ draining }] = steps;
  const time = startGroupTime();
  const open = new Set<Promise<void>>();
  /** Of each step the last that was asked for, since the next finds its payload there. */
  const rebuilds = new Map<string, Promise<void>>();
  /** What steps need whose last input was not there: it may be made elsewhere, and bring them to another worker. */
  const waiting = new Map<string, Outward["needs"]>();
  let trouble: unknown;

  const within = (parts: HandlerParts) => ({
    ...parts,
    artifacts,
    slots: time.slotsOf(parts.slots),
    rebuildClaims: kindsOf(parts.step).some(stores) ? parts.rebuildClaims : unclaimed,
  });
  const handleOne = (hosted: HostedSteps, each: Delivery) =>
    handle(mapSteps(hosted, within), each, sendInGroup);
  const mayBegin = () => !draining.aborted && !time.isOver();
  const sendInGroup: Send = async (topic, sent) => {
    const takers = mayBegin() ? house.takersOf(topic, sent) : [];
    const outward = house.forOthers(topic, sent, takers);
    if (outward) {
      await exportHeld(outward.needs);
      await send(topic, outward.sent);
    }
    for (const taker of takers) begin(taker, topic, sent);
  };
  const begin = (taker: HandlerParts, topic: string, sent: Sent) => {
    const { name } = taker.step;
    const isRebuild = readTask(topic, sent)?.type === "Rebuild";
    const before = isRebuild ? rebuilds.get(name) : undefined;
    const handling = (before ?? Promise.resolve())
      .then(() => handleNext(taker, topic, sent))
      .catch((error) => {
        trouble ??= error;
      })
      .finally(() => open.delete(handling));
    open.add(handling);
    if (isRebuild) rebuilds.set(name, handling);
  };
  const handleNext = async (taker: HandlerParts, topic: string, sent: Sent) => {
    let isGivenBack = false;
    const { sent: again, needs } = house.forStep(topic, sent, taker);
    const { ending } = await handleOne([taker], {
      ...{ id: `${delivery.id}.${taker.step.name}`, subscription: delivery.subscription, deliveryAttempt: 1 },
      ...sent,
      ack() {},
      nack() {
        isGivenBack = true;
      },
      stepAside() {},
    });
    if (ending === "not-yet") waiting.set(taker.step.name, needs);
    else waiting.delete(taker.step.name);
    if (!isGivenBack) return;
    await exportHeld(needs);
    // What was only handed back has not been tried: of a join's facts the other one does the work at this moment.
    await send(topic, ending === "handed-back" ? again : asTried(again));
  };
  return {
    handle: handleOne,
    async ended() {
      while (open.size > 0) await Promise.all(open);
      const isNeeded = (kind: string) => [...waiting.values()].some((needs) => needs(kind));
      await exportHeld(isNeeded).catch((error) => {
        trouble ??= error;
      });
      return trouble;
    },
  };
}

/** What is not stored spares nobody else the work: whoever waited for it would wait in vain. */
const unclaimed: HandlerParts["rebuildClaims"] = { take: async () => true };

function mapSteps([first, ...others]: HostedSteps, map: (parts: HandlerParts) => HandlerParts): HostedSteps {
  return [map(first), ...others.map(map)];
}
