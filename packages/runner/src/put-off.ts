import type { HoldKey } from "@segue/artifacts";
import { locate } from "@segue/chain";
import { StepError } from "@segue/contracts";
import type { Given } from "./errand.ts";
import type { Ending, HandlerParts } from "./handler-parts.ts";
import { setAside } from "./set-aside.ts";

/**
 * An attempt that says nothing of its track: it starved, or its worker was not fit. The work is tried again after a pause that grows
 * from time to time, and however often that happens, it ends no track.
 *
 * But work may bring it about itself: by filling its worker's disk, say. A worker that is well again as soon as such an attempt
 * is over makes it suspect. As many different workers as failures are allowed have to say so; until then nobody can tell the
 * work from a machine that is too small for it, and the pauses keep it from being in anybody's way.
 */
export async function putOff(parts: HandlerParts, given: Given, error: StepError): Promise<Ending> {
  const { step, worker, holds, log } = parts;
  const { delivery } = given;
  const fields = { step: step.name, messageId: delivery.id, code: error.code, error };
  const isSuspect = await parts.fitness.note(error);
  try {
    const key = { address: locate(parts, given.request).address, pieces: given.pieces };
    const { until, times, suspicions } = await holds.note(key, {
      error,
      worker,
      isSuspect,
      now: parts.now(),
    });
    if (suspicions.length >= parts.maxFailures) {
      const text = `it made ${suspicions.length} workers unfit, each well before and after; the last: ${error.message}`;
      const last = new StepError("retries-exhausted", text, { cause: error });
      const ending = await setAside(parts, given, { entries: suspicions, crashes: 0 }, last);
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
export async function checkHold(parts: HandlerParts, key: HoldKey): Promise<void> {
  const now = parts.now();
  const hold = await parts.holds.find(key, now);
  if (!hold || Date.parse(hold.until) <= now.getTime()) return;
  const why = `it was put off ${hold.times} times; the last: ${hold.reason}`;
  throw new StepError("aborted", `${parts.step.name} is not tried before ${hold.until}: ${why}`);
}
