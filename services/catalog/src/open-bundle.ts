import { catalogConsumer, deadLetterTopic, type Names, outcomesTopic } from "@segue/chain";
import { Name, StepOutcomes } from "@segue/contracts";
import { z } from "zod";
import type { Incoming } from "./incoming.ts";

/** Most messages are none: these are not parsed for it. */
const mark = `"${"StepOutcomes" satisfies StepOutcomes["type"]}"`;

/**
 * The messages that a bundle holds, as if each had come by itself: a message that is none, or that can't be read as one, is itself.
 */
export function openBundle(names: Names, message: Incoming): readonly Incoming[] {
  if (!isOfOutcomes(names, message) || !message.data.includes(mark)) return [message];
  const bundle = parseBundle(message.data);
  if (!bundle) return [message];
  return bundle.outcomes.map((outcome, index) => ({
    ...message,
    id: `${message.id}.${index}`,
    data: Buffer.from(JSON.stringify(outcome)),
    attributes: { ...message.attributes, track: bundle.trackId, ...stepAttribute(outcome) },
  }));
}

/** Also what the queue has given up on while the database was away. */
function isOfOutcomes(names: Names, { topic, attributes }: Incoming): boolean {
  if (topic !== deadLetterTopic) return topic === outcomesTopic;
  const own = names.subscription(outcomesTopic, catalogConsumer);
  return attributes.CloudPubSubDeadLetterSourceSubscription === own;
}

function parseBundle(data: Buffer): StepOutcomes | undefined {
  try {
    return StepOutcomes.parse(JSON.parse(data.toString("utf8")));
  } catch {
    // Whoever reads the message says why.
    return undefined;
  }
}

const OfStep = z.object({ step: Name });

/** As an outcome that comes by itself has it. */
function stepAttribute(outcome: unknown): { step?: string } {
  return OfStep.safeParse(outcome).data ?? {};
}
