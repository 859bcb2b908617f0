import { createHash } from "node:crypto";
import { Transform } from "node:stream";
import { IntakeError } from "./intake-error.ts";
import type { Pace } from "./pace.ts";

export interface Meter {
  readonly stream: Transform;
  sizeBytes(): number;
  /** SHA-256 of all that came, in hex; once, at the end. */
  digest(): string;
}

/**
 * Passes bytes through while it counts and hashes them. Fails with `too-large`, or with `stalled` when they stop
 * coming or come too slowly. Time in which the reader of the stream is the slow one doesn't count against the sender.
 */
export function createMeter(pace: Pace): Meter {
  const hash = createHash("sha256");
  const startedAtMs = performance.now();
  let sizeBytes = 0;
  let lastByteAtMs = startedAtMs;
  let lastLookAtMs = startedAtMs;
  let excusedMs = 0;

  const stream = new Transform({
    highWaterMark: 256 * 1024,
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      lastByteAtMs = performance.now();
      if (sizeBytes > pace.maxBytes) {
        done(new IntakeError("too-large", `expected at most ${pace.maxBytes} bytes; more came`));
        return;
      }
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      clearInterval(timer);
      done();
    },
    destroy(error, done) {
      clearInterval(timer);
      done(error);
    },
  });

  const look = () => {
    const now = performance.now();
    if (stream.writableLength > 0) {
      lastByteAtMs = now;
      excusedMs += now - lastLookAtMs;
    }
    lastLookAtMs = now;
    if (now - lastByteAtMs >= pace.idleMs) {
      stream.destroy(new IntakeError("stalled", `no byte came for ${pace.idleMs} ms`));
      return;
    }
    const elapsedMs = now - startedAtMs - excusedMs;
    const rate = (sizeBytes / elapsedMs) * 1_000;
    if (elapsedMs > pace.graceMs && rate < pace.minBytesPerSec) {
      const came = `${Math.round(rate)} bytes/s`;
      stream.destroy(
        new IntakeError("stalled", `expected at least ${pace.minBytesPerSec} bytes/s; ${came} came`),
      );
    }
  };
  const timer = setInterval(look, Math.min(1_000, Math.max(5, pace.idleMs / 4)));

  return { stream, sizeBytes: () => sizeBytes, digest: () => hash.digest("hex") };
}
