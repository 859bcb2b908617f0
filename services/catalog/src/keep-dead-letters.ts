import { deadLetterTopic } from "@segue/chain";
import type { Logger } from "@segue/telemetry";
import type { DeadLetterObjects } from "./dead-letter-objects.ts";
import type { Delivery, Projector } from "./projector.ts";
import type { FactReader } from "./read-facts.ts";

export interface KeepOptions {
  readonly letters: DeadLetterObjects;
  readonly reader: FactReader;
  readonly projector: Pick<Projector, "take">;
  readonly log: Logger;
}

/** Passes on what comes; a dead letter once it is safe in storage, since nothing else there tells of what it is about. */
export function keepDeadLetters({ letters, reader, projector, log }: KeepOptions): Projector["take"] {
  const keep = async (delivery: Delivery, trackId: string | null) => {
    try {
      await letters.create(delivery, trackId);
    } catch (error) {
      log.warn({ error, messageId: delivery.id }, "a dead letter can't be kept yet");
      return delivery.nack();
    }
    projector.take(delivery);
  };
  // The catalog's own messages, given up while the database was away, are none.
  const findLetter = (delivery: Delivery) =>
    delivery.topic === deadLetterTopic ? reader.read(delivery).deadLetters[0] : undefined;
  return (delivery) => {
    const letter = findLetter(delivery);
    if (letter) void keep(delivery, letter.track_id);
    else projector.take(delivery);
  };
}
