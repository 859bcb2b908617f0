import type { Readable } from "node:stream";
import { IntakeError } from "./intake-error.ts";
import { createMeter, type Meter } from "./meter.ts";
import type { Pace } from "./pace.ts";

/**
 * Has a source's bytes taken as they come, as fast as the pace demands. The source is never destroyed: its owner may still want to
 * answer.
 *
 * @param signal aborted when the sender is gone.
 * @throws {IntakeError} for what is the sender's fault, and whatever `take` throws.
 */
export async function metered<T>(
  source: Readable,
  pace: Pace,
  signal: AbortSignal,
  take: (meter: Meter) => Promise<T>,
): Promise<T> {
  const meter = createMeter(pace);
  // The store wraps errors that it doesn't know; the first one is the one to tell.
  let failure: Error | undefined;
  meter.stream.once("error", (error) => {
    failure ??= error;
  });
  const onCut = (cause?: unknown) =>
    meter.stream.destroy(
      cause instanceof IntakeError
        ? cause
        : new IntakeError("cut", `the connection ended after ${meter.sizeBytes()} bytes`, { cause }),
    );
  const onAbort = () => onCut(signal.reason);
  source.once("error", onCut);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    if (signal.aborted) onAbort();
    else source.pipe(meter.stream);
    return await take(meter);
  } catch (error) {
    source.unpipe(meter.stream);
    meter.stream.destroy();
    throw failure instanceof IntakeError ? failure : error;
  } finally {
    source.off("error", onCut);
    signal.removeEventListener("abort", onAbort);
  }
}
