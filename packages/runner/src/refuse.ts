import type { StepError } from "@segue/contracts";
import type { Delivery } from "@segue/queue";
import { type DeadLetterParts, publishDeadLetter } from "./dead-letter.ts";
import type { Ending } from "./handler-parts.ts";

/** A message that could not be read: back to the queue where a younger release can read it, else to the dead letters. */
export async function refuse(
  parts: DeadLetterParts,
  delivery: Delivery,
  error: StepError,
  step: string | null,
): Promise<Ending> {
  if (error.family === "worker") return handBack(parts, delivery, error);
  return await publishDeadLetter(parts, delivery, {
    step,
    trackId: null,
    failure: error.toFailure(),
    story: null,
  });
}

/** What says nothing about the message: it counts for nothing. */
export function handBack(
  { log }: Pick<DeadLetterParts, "log">,
  delivery: Delivery,
  error: StepError,
): Ending {
  log.warn({ messageId: delivery.id, code: error.code, error }, "handed back");
  delivery.nack();
  return "handed-back";
}
