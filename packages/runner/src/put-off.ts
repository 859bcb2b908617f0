import type { HoldKey } from "@segue/artifacts";
import { type ArtifactReady, StepError } from "@segue/contracts";
import type { Delivery } from "@segue/queue";
import { type Ending, type HandlerParts, locate, parseMessage } from "./handler-parts.ts";
import { setAside } from "./set-aside.ts";

/**
 * An attempt that says nothing of its track: it starved, or its worker was not fit. The work is tried again after a pause that grows
 * from time to time, and however often that happens, it ends no track.
 *
 * But work may bring it about itself: by filling its worker's disk, say. A worker that is well again as soon as such an attempt
 * is over makes it suspect. As many different workers as failures are allowed have to say so; until then nobody can tell the
 * work from a machine that is too small for it, and the pauses keep it from being in anybody's way.
 */
export async function putOff(parts: HandlerParts, delivery: Delivery, error: StepError): Promise<Ending> {
  const { step, worker, holds, log } = parts;
  const fields = { step: step.name, messageId: delivery.id, code: error.code, error };
  const isSuspect = await parts.fitness.note(error);
  const message = parseMessage(delivery);
  try {
    if (message instanceof StepError) throw message;
    const key = holdKey(parts, message);
    const { until, times, suspicions } = await holds.note(key, {
      error,
      worker,
      isSuspect,
      now: parts.now(),
    });
    if (suspicions.length >= parts.maxFailures) {
      const text = `it made ${suspicions.length} workers unfit, each well before and after; the last: ${error.message}`;
      const last = new StepError("retries-exhausted", text, { cause: error });
      const ending = await setAside(parts, delivery, { entries: suspicions, crashes: 0 }, last);
      // Whoever replays the track has mended something.
      if (ending === "dead-lettered") await holds.discard(key).catch(() => {});
      return ending;
    }
    log.warn({ ...fields, until, times }, "put off: the attempt counts for nothing");
  } catch (thrown) {
    log.warn({ ...fields, holdError: thrown }, "handed back; for how long it is put off could not be kept");
  }
  delivery.nack();
  return "put-off";
}

/** @throws {StepError} `aborted` while the work of a message that comes again is put off. */
export async function checkHold(parts: HandlerParts, message: ArtifactReady): Promise<void> {
  const hold = await parts.holds.find(holdKey(parts, message));
  if (!hold || Date.parse(hold.until) <= parts.now().getTime()) return;
  const why = `it was put off ${hold.times} times; the last: ${hold.reason}`;
  throw new StepError("aborted", `${parts.step.name} is not tried before ${hold.until}: ${why}`);
}

function holdKey(parts: HandlerParts, message: ArtifactReady): HoldKey {
  return { address: locate(parts, message).address, pieces: message.pieces };
}
