import type { Readable } from "node:stream";
import type { Names } from "@segue/chain";
import { broughtForKey, Master, type PayloadRef } from "@segue/contracts";
import type { ObjectStore, WrittenObject } from "@segue/store";
import type { Logger } from "@segue/telemetry";
import type { Meter } from "./meter.ts";
import { metered } from "./metered.ts";
import type { Pace } from "./pace.ts";
import type { Spool } from "./spool.ts";
import { createStaging } from "./staging.ts";

/** Bytes that came whole, not yet a master. */
export interface Received {
  readonly sha256: string;
  readonly sizeBytes: number;
  /** The temporary object of those that the spool had no room for. */
  readonly staged?: string;
  /** What the master is to say of itself. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface ReceiveOptions {
  /** Aborted when the sender is gone. */
  readonly signal: AbortSignal;
  /** The track that is there before they are: the master says so, since whoever brings it may die before anybody else does. */
  readonly trackId?: string;
}

/**
 * Takes bytes in and hashes them on the way. Small masters wait in memory and are written once, under their SHA-256; larger ones, and
 * those that find no room, go to a temporary object first, which is then copied.
 */
export interface Masters {
  /** Memory stays within the spool. The source is never destroyed: its owner may still want to answer. @throws {IntakeError} */
  receive(source: Readable, options: ReceiveOptions): Promise<Received>;
  /** Makes it a master. The same bytes a second time end in a write that storage refuses; what is there is touched, so that it stays. */
  keep(received: Received): Promise<PayloadRef>;
  /** Lets go of what waits. Never throws: a temporary object that stays behind expires with the scratch bucket. */
  discard(received: Received): Promise<void>;
}

export interface MastersParts {
  readonly store: ObjectStore;
  readonly names: Names;
  readonly pace: Pace;
  readonly spool: Spool;
  readonly log: Logger;
}

export function createMasters({ store, names, pace, spool, log }: MastersParts): Masters {
  const { contentType } = Master.payload;
  const staging = createStaging(store, names, log);
  const held = new WeakMap<Received, Buffer>();

  const discard = async (received: Received) => {
    if (received.staged !== undefined) return staging.remove(received.staged);
    spool.give(held.get(received)?.length ?? 0);
    held.delete(received);
  };

  return {
    discard,
    receive: (source, { signal, trackId }) => {
      const metadata = trackId === undefined ? {} : { [broughtForKey]: trackId };
      return metered(source, pace, signal, async (meter) => {
        const { received, body } = await takeIn(meter, metadata, { spool, staging });
        if (body) held.set(received, body);
        return received;
      });
    },
    async keep(received) {
      const to = { bucket: names.bucket("masters"), name: received.sha256 };
      const pick = ({ sizeBytes, crc32c }: WrittenObject) => ({ ...to, sizeBytes, crc32c, contentType });
      const createOnly = true;
      const { metadata } = received;
      const write = async () => {
        if (received.staged !== undefined)
          return store.copyObject(staging.ref(received.staged), to, { createOnly });
        const body = held.get(received);
        if (!body) throw new Error(`${to.name}: expected bytes that were neither kept nor discarded before`);
        return store.writeObject({ ...to, body, contentType, metadata, createOnly });
      };
      try {
        for (;;) {
          const written = await write();
          // Whoever deletes what nobody counts on any more leaves alone what was touched of late. Where it has just gone, it is written.
          if (written.created || (await store.touchObject(to, metadata))) return pick(written);
        }
      } finally {
        await discard(received);
      }
    },
  };
}

/** Takes in what comes: as bytes that the spool has room for, or as a temporary object. */
async function takeIn(
  meter: Meter,
  metadata: Received["metadata"],
  { spool, staging }: { readonly spool: Spool; readonly staging: ReturnType<typeof createStaging> },
): Promise<{ readonly received: Received; readonly body?: Buffer }> {
  const chunks: AsyncIterator<Buffer> = meter.stream[Symbol.asyncIterator]();
  const waiting: Buffer[] = [];
  const whole = () => ({ sha256: meter.digest(), sizeBytes: meter.sizeBytes(), metadata });
  let heldBytes = 0;
  /** What waits, then what is still to come. Once it has passed on, its room is free: what follows may take hours. */
  async function* passOn(): AsyncGenerator<Buffer> {
    for (let chunk = waiting.shift(); chunk; chunk = waiting.shift()) yield chunk;
    spool.give(heldBytes);
    heldBytes = 0;
    yield* { [Symbol.asyncIterator]: () => chunks };
  }
  try {
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
      waiting.push(next.value);
      if (spool.take(heldBytes, next.value.length)) {
        heldBytes += next.value.length;
        continue;
      }
      const staged = await staging.write(passOn(), metadata);
      return { received: { ...whole(), staged } };
    }
    const body = Buffer.concat(waiting);
    // From now on it is whoever keeps or discards it who gives the room back.
    heldBytes = 0;
    return { received: whole(), body };
  } finally {
    spool.give(heldBytes);
  }
}
