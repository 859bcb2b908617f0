import type { Story } from "@segue/artifacts";
import { unknownSpent } from "@segue/artifacts";
import { type Failure, StepError } from "@segue/contracts";
import type { Delivery } from "@segue/queue";
import { deadLetterData, describeCut } from "./dead-letter-data.ts";
import { attemptFrom, type Ending, type HandlerParts, locate, parseMessage } from "./handler-parts.ts";

/** Publishes a dead letter with all that is known, and the failure as the step's outcome; then acks. */
export async function setAside(
  parts: HandlerParts,
  delivery: Delivery,
  story: Story | null,
  error: StepError,
): Promise<Ending> {
  const { step, announcer, worker } = parts;
  const at = parts.now();
  const held = deadLetterData(delivery.data);
  const told = tell(error, story);
  const failure = { ...told, message: told.message + describeCut(held) };
  const parsed = parseMessage(delivery);
  const message = parsed instanceof StepError ? null : parsed;
  try {
    await announcer.deadLettered({
      v: 1,
      type: "DeadLettered",
      trackId: message?.trackId ?? null,
      step: step.name,
      subscription: delivery.subscription,
      messageId: delivery.id,
      error: failure,
      story: story ? [...story.entries] : [{ at: at.toISOString(), worker, error: failure }],
      ...held,
      attributes: { ...delivery.attributes },
      at: at.toISOString(),
    });
    if (message) {
      await announcer.stepOutcome({
        v: 1,
        type: "StepOutcome",
        trackId: message.trackId,
        master: message.master,
        step: step.name,
        version: step.version,
        kind: step.produces.name,
        address: locate(parts, message).address,
        how: "computed",
        outcome: { status: "failed", error: failure },
        attempt: attemptFrom(parts, delivery, at, unknownSpent),
        at: at.toISOString(),
      });
    }
    parts.log.error({ ...failure, step: step.name, messageId: delivery.id }, "dead-lettered");
    delivery.ack();
    return "dead-lettered";
  } catch (thrown) {
    parts.log.warn(
      { step: step.name, messageId: delivery.id, error: thrown },
      "could not dead-letter; handed back",
    );
    delivery.nack();
    return "handed-back";
  }
}

/** Of a step that is given up after many attempts: the last error beneath, and how many there were. */
function tell(error: StepError, story: Story | null): Failure {
  const { cause } = error;
  const failure = error.toFailure();
  if (!story || story.entries.length === 0 || !(cause instanceof StepError)) return failure;
  const underlying = { code: cause.code, message: cause.message };
  return { ...failure, underlying, attempts: story.entries.length };
}
