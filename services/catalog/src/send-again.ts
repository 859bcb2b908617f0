/**
 * What Pub/Sub gives up on after many deliveries has not failed: the runner counts failures and crashes by itself, and ends
 * a message that has too many long before. It was preempted again and again, put off because its attempts starved, or storage
 * was away for longer than the deliveries take, so it is sent again to the step that it was for, as a task: for ever, since none of
 * that says anything of the track. The queue's own pauses keep that to some twenty deliveries in a quarter of an hour.
 */
import { type Chain, deadLetterTopic, fetchService, type Names } from "@segue/chain";
import {
  fetchStep,
  type RequestBlock,
  StepError,
  type StepSpec,
  storyAttribute,
  timesReturned,
} from "@segue/contracts";
import { type Publisher, readFetch, readMessage, requestOf, type SentAgain } from "@segue/queue";
import type { Logger } from "@segue/telemetry";
import type { CatalogEvents } from "./events.ts";
import { findOrigin, type Origin, stepOf } from "./find-origin.ts";
import type { Incoming } from "./incoming.ts";
import type { Delivery } from "./projector.ts";
import type { Watches } from "./reconcile/watches.ts";

export interface SendAgainOptions {
  readonly chain: Chain<StepSpec>;
  readonly names: Names;
  readonly publisher: Pick<Publisher, "task" | "fetch">;
  readonly watches: Pick<Watches, "addEvent">;
  readonly events: Pick<CatalogEvents, "messageReturned">;
  readonly log: Logger;
}

/** Takes a message that is to be sent again, and settles it. False: it is none. */
export function createSendAgain({ chain, names, publisher, watches, events, log }: SendAgainOptions) {
  const send = async (delivery: Delivery, { step, trackId, publish, returned, deliveries }: Returned) => {
    const fields = { track: trackId, step, messageId: delivery.id, returned };
    try {
      if (isTold(returned)) {
        const times = returned > 1 ? `; it has done so ${returned} times` : "";
        const detail = `the queue gave up on its message to ${step} after ${deliveries} deliveries that did not fail by themselves${times}`;
        await watches.addEvent(trackId, delivery.publishedAt, "announced-again", detail);
      }
      await publish({ story: delivery.attributes[storyAttribute], returned });
      events.messageReturned(step);
      log.warn(fields, "the queue gave up on a message; it is sent again");
      delivery.ack();
    } catch (error) {
      log.warn({ ...fields, error }, "a message that the queue gave up on can't be sent again yet");
      delivery.nack();
    }
  };
  return (delivery: Delivery): boolean => {
    const returned = readReturned({ chain, names, publisher }, delivery);
    if (returned) void send(delivery, returned);
    return returned !== undefined;
  };
}

/** A history names what goes on for days a few times, not every quarter of an hour. */
function isTold(returned: number): boolean {
  return Number.isInteger(Math.log2(returned));
}

interface Returned extends Pick<RequestBlock, "trackId"> {
  readonly step: string;
  /** The same again; of a fact, what it was to its step: others that listen have had it. */
  publish(again: SentAgain): Promise<void>;
  readonly returned: number;
  readonly deliveries: string;
}

type ReadOptions = Pick<SendAgainOptions, "chain" | "names" | "publisher">;

function readReturned(options: ReadOptions, incoming: Incoming): Returned | undefined {
  const { chain, names } = options;
  const { attributes, topic } = incoming;
  const subscription = attributes.CloudPubSubDeadLetterSourceSubscription;
  if (topic !== deadLetterTopic || subscription === undefined) return undefined;
  const origin = findOrigin(chain, names, subscription);
  if (origin && "topic" in origin) return undefined;
  const again =
    origin && "service" in origin && origin.service === fetchService
      ? fetchAgain(options, incoming)
      : runAgain(options, origin, incoming);
  return (
    again && {
      ...again,
      returned: timesReturned(attributes) + 1,
      deliveries: attributes.CloudPubSubDeadLetterSourceDeliveryCount ?? "many",
    }
  );
}

type Again = Omit<Returned, "returned" | "deliveries">;

function fetchAgain({ publisher }: ReadOptions, incoming: Incoming): Again | undefined {
  const fetch = readFetch(incoming);
  if (fetch instanceof StepError) return undefined;
  const { trackId } = fetch.request;
  return { step: fetchStep, trackId, publish: (again) => publisher.fetch(fetch, again) };
}

function runAgain(
  { chain, publisher }: ReadOptions,
  origin: Origin | undefined,
  incoming: Incoming,
): Again | undefined {
  const message = readMessage(incoming);
  if (message instanceof StepError || message.type === "Ping") return undefined;
  const step = stepOf(chain, origin, message)?.name;
  if (step === undefined) return undefined;
  const request = requestOf(message);
  const task = message.type === "ArtifactReady" ? ({ type: "Run", step, request } as const) : message;
  return { step, trackId: request.trackId, publish: (again) => publisher.task(task, again) };
}
