import { Transform } from "node:stream";
import { StoreUnavailableError } from "./errors.ts";

/** Passes bytes through; fails with `StoreUnavailableError` when none has moved for `timeoutMs`. */
export function limitStall(what: string, timeoutMs: number): Transform {
  const stream = new Transform({
    highWaterMark: 1024 * 1024,
    transform(chunk, _encoding, done) {
      timer.refresh();
      done(null, chunk);
    },
    destroy(error, done) {
      clearTimeout(timer);
      done(error);
    },
  });
  const timer = setTimeout(
    () => stream.destroy(new StoreUnavailableError(what, `no byte moved for ${timeoutMs} ms`)),
    timeoutMs,
  );
  return stream;
}
