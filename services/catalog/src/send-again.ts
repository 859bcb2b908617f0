/**
 * What Pub/Sub gives up on after many deliveries has not failed: the runner counts failures and crashes by itself, and ends
 * a message that has too many long before. It was preempted again and again, put off because its attempts starved, or storage
 * was away for longer than the deliveries take, so it is sent again to the step that it was for: for ever, since none of
 * that says anything of the track. The queue's own pauses keep that to some twenty deliveries in a quarter of an hour.
 */
import { type Chain, deadLetterTopic, type Names } from "@segue/chain";
import { ArtifactReady, type StepSpec, storyAttribute } from "@segue/contracts";
import type { Announcer } from "@segue/queue";
import { wantsOfBranch } from "@segue/runner";
import type { Logger } from "@segue/telemetry";
import type { CatalogEvents } from "./events.ts";
import { findOrigin } from "./find-origin.ts";
import type { Delivery } from "./projector.ts";
import type { Incoming } from "./read-facts.ts";
import type { Watches } from "./reconcile/watches.ts";

export interface SendAgainOptions {
  readonly chain: Chain<StepSpec>;
  readonly names: Names;
  readonly announcer: Pick<Announcer, "artifactReady">;
  readonly watches: Pick<Watches, "addEvent">;
  readonly events: Pick<CatalogEvents, "messageReturned">;
  readonly log: Logger;
}

/** Takes a message that is to be sent again, and settles it. False: it is none. */
export function createSendAgain({ chain, names, announcer, watches, events, log }: SendAgainOptions) {
  const send = async (delivery: Delivery, { step, message, deliveries }: Returned) => {
    const fields = {
      track: message.trackId,
      step: step.name,
      message: delivery.id,
      returned: message.returned,
    };
    try {
      if (isTold(message.returned)) {
        const times = message.returned > 1 ? `; it has done so ${message.returned} times` : "";
        const detail = `the queue gave up on its message to ${step.name} after ${deliveries} deliveries that did not fail by themselves${times}`;
        await watches.addEvent(message.trackId, delivery.publishedAt, "announced-again", detail);
      }
      await announcer.artifactReady(message, undefined, delivery.attributes[storyAttribute]);
      events.messageReturned(step.name);
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
  readonly step: StepSpec;
  /** For that step and what follows from it: others that listen have had it. */
  readonly message: ArtifactReady & { readonly returned: number };
  readonly deliveries: string;
}

function readReturned(chain: Chain<StepSpec>, names: Names, incoming: Incoming): Returned | undefined {
  const subscription = incoming.attributes.CloudPubSubDeadLetterSourceSubscription;
  if (incoming.topic !== deadLetterTopic || subscription === undefined) return undefined;
  const origin = findOrigin(chain, names, subscription);
  if (!origin || "topic" in origin) return undefined;
  const message = parseReady(incoming.data);
  const returned = (message?.returned ?? 0) + 1;
  if (!message || message.ping) return undefined;
  const { step } = origin;
  return {
    step,
    message: { ...message, wants: wantsOfBranch({ step, chain }, message.wants), returned },
    deliveries: incoming.attributes.CloudPubSubDeadLetterSourceDeliveryCount ?? "many",
  };
}

function parseReady(data: Buffer): ArtifactReady | undefined {
  try {
    return ArtifactReady.parse(JSON.parse(data.toString("utf8")));
  } catch {
    return undefined;
  }
}
