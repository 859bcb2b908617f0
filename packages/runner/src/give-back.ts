import { StepError } from "@segue/contracts";
import type { Given } from "./errand.ts";
import type { Ending, HandlerParts } from "./handler-parts.ts";
import { isExhausted } from "./judge-story.ts";
import { putOff } from "./put-off.ts";
import { setAside } from "./set-aside.ts";

/** A failed delivery: back to the queue, now or after a pause, or, when its story has grown too long, to the dead letters. */
export async function giveBack(parts: HandlerParts, given: Given, error: StepError): Promise<Ending> {
  const { delivery } = given;
  const { step, log, stories } = parts;
  const fields = { step: step.name, messageId: delivery.id, code: error.code, error };
  // None says anything about the message itself.
  if (error.code === "starved" || error.code === "worker-unfit") return await putOff(parts, given, error);
  if (error.code === "aborted" || error.code === "storage-unavailable" || error.family === "worker") {
    // Nothing is wrong where a worker drains, or somebody else is at it.
    log[error.code === "aborted" ? "info" : "warn"](fields, "handed back");
    delivery.nack();
    return "handed-back";
  }
  try {
    const entry = { at: parts.now().toISOString(), worker: parts.worker, error: error.toFailure() };
    const story = await stories.append({ ...delivery, step: step.name }, entry);
    const failures = story.entries.length;
    if (isExhausted(story, parts.maxFailures)) {
      const message = `${failures} attempts failed; the last: ${error.message}`;
      const last = new StepError("retries-exhausted", message, { cause: error });
      return await setAside(parts, given, story, last);
    }
    log.warn({ ...fields, failures }, "attempt failed; will be retried");
  } catch (thrown) {
    log.warn({ ...fields, storyError: thrown }, "attempt failed; its story could not be kept");
  }
  delivery.nack();
  return "retried";
}
