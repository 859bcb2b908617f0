import { Duplex } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import type { Subscription } from "@google-cloud/pubsub";
import { atMost } from "@segue/telemetry";
import { z } from "zod";

/** How long the server may take to end a stream that was half-closed, in ms. */
const endLimitMs = 1_000;

/** Where the client keeps its streams. It has no way of its own to stop one and still read what is on its way. */
const Inside = z.object({
  _subscriber: z.object({
    _stream: z.object({ _streams: z.array(z.object({ stream: z.instanceof(Duplex).optional() })) }),
  }),
});

/**
 * Closes a subscription without losing sight of what the server has sent already. The client's own `close` drops its
 * streams, and messages that are on their way wait out their leases. Here the streams are half-closed first: the server
 * sends nothing new and ends them after all it has sent, so that every message comes as an event and can be handed back.
 * A server that does not end them within a second is left as the client would leave it; so is a client with other insides
 * (`isKnownClient`).
 *
 * Whoever listens for messages must hand them back from now on. Resolves when the client has closed: acks and nacks are
 * sent by then, or its `closeOptions.timeout` is over.
 */
export async function closeSubscription(subscription: Subscription): Promise<void> {
  if (!subscription.isOpen) return;
  const closed = new Promise<void>((resolve) => subscription.once("close", () => resolve()));
  const streams = streamsOf(subscription);
  // A client that is full has paused its streams: their ends would not be seen.
  const readOn = () => {
    for (const stream of streams) stream.resume();
  };
  subscription.on("message", readOn);
  const ended = streams.map(
    (stream) => new Promise<void>((resolve) => stream.once("end", resolve).once("error", () => resolve())),
  );
  for (const stream of streams) stream.end();
  readOn();
  await atMost(endLimitMs, Promise.all(ended));
  // The client hands messages on a tick after they came.
  await turn();
  subscription.removeListener("message", readOn);
  // The end of its streams makes the client close by itself; then this does nothing.
  void subscription.close();
  await closed;
}

/** Whether an open subscription is of a client whose streams can be half-closed: another may lose sight of what is on its way. */
export function isKnownClient(subscription: Subscription): boolean {
  return Inside.safeParse(subscription).success;
}

function streamsOf(subscription: Subscription): Duplex[] {
  const inside = Inside.safeParse(subscription);
  if (!inside.success) return [];
  return inside.data._subscriber._stream._streams.flatMap(({ stream }) => stream ?? []);
}
