import { attemptFrom, type Story, unknownSpent } from "@segue/artifacts";
import { describeOutputs, locate } from "@segue/chain";
import { type Failure, StepError } from "@segue/contracts";
import { publishDeadLetter } from "./dead-letter.ts";
import type { Given } from "./errand.ts";
import type { Ending, HandlerParts } from "./handler-parts.ts";

/** Gives work up: a dead letter with its whole story, and the failure as the step's outcome. */
export async function setAside(
  parts: HandlerParts,
  { delivery, request }: Given,
  story: Story,
  error: StepError,
): Promise<Ending> {
  const { step, publisher } = parts;
  const at = parts.now();
  const { address } = locate(parts, request);
  return await publishDeadLetter(parts, delivery, {
    step: step.name,
    trackId: request.trackId,
    failure: tell(error, story),
    story,
    tell: (failure) =>
      publisher.stepOutcome({
        requestId: request.requestId,
        trackId: request.trackId,
        master: request.master,
        step: step.name,
        version: step.version,
        ...describeOutputs(step, address),
        address,
        how: "computed",
        outcome: { status: "failed", error: failure },
        attempt: attemptFrom(parts, delivery, at, unknownSpent),
        at: at.toISOString(),
      }),
  });
}

/** Of a step that is given up after many attempts: the last error beneath, and how many there were. */
function tell(error: StepError, story: Story): Failure {
  const { cause } = error;
  const failure = error.toFailure();
  if (story.entries.length === 0 || !(cause instanceof StepError)) return failure;
  const underlying = { code: cause.code, message: cause.message };
  return { ...failure, underlying, attempts: story.entries.length };
}
