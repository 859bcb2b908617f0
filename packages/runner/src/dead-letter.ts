import type { Story } from "@segue/artifacts";
import type { Failure } from "@segue/contracts";
import type { Delivery } from "@segue/queue";
import { deadLetterData, describeCut } from "./dead-letter-data.ts";
import type { Ending, HandlerParts } from "./handler-parts.ts";

export interface Letter {
  readonly step: string | null;
  readonly trackId: string | null;
  readonly failure: Failure;
  readonly story: Story | null;
  /** What else is to be told before the message is acked. */
  tell?(failure: Failure): Promise<void>;
}

/** What it takes to set a message aside. */
export type DeadLetterParts = Pick<HandlerParts, "publisher" | "worker" | "log" | "now">;

/** Publishes a dead letter with all that is known; then acks. */
export async function publishDeadLetter(
  parts: DeadLetterParts,
  delivery: Delivery,
  { step, trackId, failure: told, story, tell }: Letter,
): Promise<Ending> {
  const { publisher, worker, log } = parts;
  const at = parts.now().toISOString();
  const held = deadLetterData(delivery.data);
  const failure = { ...told, message: told.message + describeCut(held) };
  try {
    await publisher.deadLettered({
      trackId,
      step,
      subscription: delivery.subscription,
      messageId: delivery.id,
      error: failure,
      story: story ? [...story.entries] : [{ at, worker, error: failure }],
      ...held,
      attributes: { ...delivery.attributes },
      at,
    });
    await tell?.(failure);
    log.error({ ...failure, step, messageId: delivery.id }, "dead-lettered");
    delivery.ack();
    return "dead-lettered";
  } catch (thrown) {
    log.warn({ step, messageId: delivery.id, error: thrown }, "could not dead-letter; handed back");
    delivery.nack();
    return "handed-back";
  }
}
