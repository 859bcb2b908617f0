import { z } from "zod";

/** Seconds as the client gives them: a number, or a 64-bit integer of its own; null where there is no duration. */
const seconds = z
  .object({ seconds: z.unknown().transform(Number) })
  .nullish()
  .transform((duration) => duration?.seconds ?? null);

const text = z.string().nullish();
const Metadata = z.object({
  topic: text,
  filter: text,
  ackDeadlineSeconds: z.number().nullish(),
  retryPolicy: z.object({ minimumBackoff: seconds, maximumBackoff: seconds }).nullish(),
  deadLetterPolicy: z.object({ deadLetterTopic: text, maxDeliveryAttempts: z.number().nullish() }).nullish(),
  messageRetentionDuration: seconds,
  expirationPolicy: z.object({ ttl: seconds }).nullish(),
});

/** What a subscription has of what a chain needs; null for what it lacks. */
export interface SubscriptionState {
  readonly topic: string | null;
  /** Empty for everything. */
  readonly filter: string;
  readonly ackDeadlineSec: number | null;
  readonly minBackoffSec: number | null;
  readonly maxBackoffSec: number | null;
  readonly deadLetterTopic: string | null;
  readonly maxDeliveryAttempts: number | null;
  readonly retentionSec: number | null;
  /** Idle for so long, it is deleted. */
  readonly expiresAfterSec: number | null;
}

/** @param metadata as the client's `getMetadata` gives it. */
export function parseSubscription(metadata: unknown): SubscriptionState {
  const parsed = Metadata.parse(metadata);
  return {
    topic: parsed.topic ?? null,
    filter: parsed.filter ?? "",
    ackDeadlineSec: parsed.ackDeadlineSeconds ?? null,
    minBackoffSec: parsed.retryPolicy?.minimumBackoff ?? null,
    maxBackoffSec: parsed.retryPolicy?.maximumBackoff ?? null,
    deadLetterTopic: parsed.deadLetterPolicy?.deadLetterTopic || null,
    maxDeliveryAttempts: parsed.deadLetterPolicy?.maxDeliveryAttempts ?? null,
    retentionSec: parsed.messageRetentionDuration,
    expiresAfterSec: parsed.expirationPolicy?.ttl ?? null,
  };
}
