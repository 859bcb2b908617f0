/**
 * What Pub/Sub gives up on after many deliveries has not failed: the runner counts failures and crashes by itself, and ends
 * a message that has too many long before. It was preempted again and again, put off because its attempts starved, or storage
 * was away for longer than the deliveries take, so it is sent again to the step that it was for, as a task: for ever, since none of
 * that says anything of the track. The queue's own pauses keep that to some twenty deliveries in a quarter of an hour.
 */
import { type Chain, deadLetterTopic, type Names } from "@segue/chain";
import { StepError, type StepSpec, storyAttribute, timesReturned } from "@segue/contracts";
import { type NewTask, type Publisher, readMessage, requestOf } from "@segue/queue";
import type { Logger } from "@segue/telemetry";
import type { CatalogEvents } from "./events.ts";
import { findOrigin, stepOf } from "./find-origin.ts";
import type { Delivery } from "./projector.ts";
import type { Incoming } from "./read-facts.ts";
import type { Watches } from "./reconcile/watches.ts";

export interface SendAgainOptions {
  readonly chain: Chain<StepSpec>;
  readonly names: Names;
  readonly publisher: Pick<Publisher, "task">;
  readonly watches: Pick<Watches, "addEvent">;
  readonly events: Pick<CatalogEvents, "messageReturned">;
  readonly log: Logger;
}

/** Takes a message that is to be sent again, and settles it. False: it is none. */
export function createSendAgain({ chain, names, publisher, watches, events, log }: SendAgainOptions) {
  const send = async (delivery: Delivery, { task, returned, deliveries }: Returned) => {
    const { step, request } = task;
    const fields = { track: request.trackId, step, message: delivery.id, returned };
    try {
      if (isTold(returned)) {
        const times = returned > 1 ? `; it has done so ${returned} times` : "";
        const detail = `the queue gave up on its message to ${step} after ${deliveries} deliveries that did not fail by themselves${times}`;
        await watches.addEvent(request.trackId, delivery.publishedAt, "announced-again", detail);
      }
      await publisher.task(task, { story: delivery.attributes[storyAttribute], returned });
      events.messageReturned(step);
      log.warn(fields, "the queue gave up on a message; it is sent again");
      delivery.ack();
    } catch (error) {
      log.warn({ ...fields, error }, "a message that the queue gave up on can't be sent again yet");
      delivery.nack();
    }
  };
  return (delivery: Delivery): boolean => {
    const returned = readReturned(chain, names, delivery);
    if (returned) void send(delivery, returned);
    return returned !== undefined;
  };
}

/** A history names what goes on for days a few times, not every quarter of an hour. */
function isTold(returned: number): boolean {
  return Number.isInteger(Math.log2(returned));
}

interface Returned {
  /** The same again; for a fact, what it was to its step: others that listen have had it. */
  readonly task: NewTask;
  readonly returned: number;
  readonly deliveries: string;
}

function readReturned(chain: Chain<StepSpec>, names: Names, incoming: Incoming): Returned | undefined {
  const { attributes, topic } = incoming;
  const subscription = attributes.CloudPubSubDeadLetterSourceSubscription;
  if (topic !== deadLetterTopic || subscription === undefined) return undefined;
  const origin = findOrigin(chain, names, subscription);
  if (origin && "topic" in origin) return undefined;
  const message = readMessage(incoming);
  if (message instanceof StepError || message.type === "Ping") return undefined;
  const step = stepOf(chain, origin, message);
  if (!step) return undefined;
  const run: NewTask = { type: "Run", step: step.name, request: requestOf(message) };
  return {
    task: message.type === "ArtifactReady" ? run : message,
    returned: timesReturned(attributes) + 1,
    deliveries: attributes.CloudPubSubDeadLetterSourceDeliveryCount ?? "many",
  };
}
