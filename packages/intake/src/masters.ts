import { randomBytes } from "node:crypto";
import type { Readable } from "node:stream";
import type { Names } from "@segue/chain";
import { Master, type PayloadRef } from "@segue/contracts";
import type { ObjectStore } from "@segue/store";
import type { Logger } from "@segue/telemetry";
import { IntakeError } from "./intake-error.ts";
import { createMeter } from "./meter.ts";
import type { Pace } from "./pace.ts";

/** Bytes that came whole, under a name of their own, not yet a master. */
export interface Received {
  readonly name: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly crc32c: string;
}

export interface ReceiveOptions {
  /** Aborted when the sender is gone. */
  readonly signal: AbortSignal;
}

/** Takes bytes in: first under a temporary name, hashed on the way, then under their SHA-256. */
export interface Masters {
  /** Streams to storage; memory stays flat. The source is never destroyed: its owner may still want to answer. @throws {IntakeError} */
  receive(source: Readable, options: ReceiveOptions): Promise<Received>;
  /** Makes it a master. The same bytes a second time cost a copy that storage refuses, and nothing else. */
  keep(received: Received): Promise<PayloadRef>;
  /** Removes the temporary object. Never throws: what stays behind expires with the scratch bucket. */
  discard(received: Pick<Received, "name">): Promise<void>;
}

export function createMasters(store: ObjectStore, names: Names, pace: Pace, log: Logger): Masters {
  const { contentType } = Master.payload;
  const temporary = ({ name }: { name: string }) => ({ bucket: names.bucket("scratch"), name });

  const discard = async (received: { name: string }) => {
    try {
      await store.deleteObject(temporary(received));
    } catch (error) {
      log.warn({ error, object: received.name }, "a temporary object could not be removed; it will expire");
    }
  };

  return {
    discard,
    async receive(source, { signal }) {
      const name = `uploads/${randomBytes(16).toString("hex")}`;
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
        const { crc32c, sizeBytes } = await store.writeObject({
          ...temporary({ name }),
          body: meter.stream,
          contentType,
          createOnly: true,
        });
        return { name, sha256: meter.digest(), sizeBytes, crc32c };
      } catch (error) {
        source.unpipe(meter.stream);
        await discard({ name });
        throw failure instanceof IntakeError ? failure : error;
      } finally {
        source.off("error", onCut);
        signal.removeEventListener("abort", onAbort);
      }
    },
    async keep(received) {
      const to = { bucket: names.bucket("masters"), name: received.sha256 };
      try {
        const { sizeBytes, crc32c } = await store.copyObject(temporary(received), to, { createOnly: true });
        return { ...to, sizeBytes, crc32c, contentType };
      } finally {
        await discard(received);
      }
    },
  };
}
