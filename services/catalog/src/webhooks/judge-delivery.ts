import type { ClaimedDelivery, DeliveryVerdict, SentOnce } from "@segue/catalog-db";

export interface RetryPaces {
  /** The first pause after one that was not taken, in ms; it doubles each time. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** What was not taken for so long is given up, in ms. */
  readonly giveUpMs: number;
  /** A webhook that has taken nothing for so long gets nothing more, in ms. */
  readonly disableMs: number;
}

const dayMs = 86_400_000;

export const retryPaces: RetryPaces = {
  ...{ firstPauseMs: 5_000, longestPauseMs: 3_600_000 },
  ...{ giveUpMs: dayMs, disableMs: 3 * dayMs },
};

export interface Judged {
  readonly sent: Pick<SentOnce, "status" | "answer">;
  readonly delivery: Pick<ClaimedDelivery, "attempts" | "waitedMs" | "failingMs">;
  readonly paces: RetryPaces;
  /** From 0 to 1. */
  readonly random: number;
}

/** Whether a delivery was taken; else when it is sent again, or that it is not, and whether its webhook is sent anything. */
export function judgeDelivery({ sent, delivery, paces, random }: Judged): DeliveryVerdict {
  const { status, answer } = sent;
  if (status !== null && status >= 200 && status <= 299)
    return { state: "delivered", retryMs: 0, disabled: null };
  const { attempts, waitedMs, failingMs } = delivery;
  // Many that have failed together don't come back together.
  const pauseMs = Math.min(paces.longestPauseMs, paces.firstPauseMs * 2 ** Math.min(attempts, 30));
  const retryMs = Math.round(pauseMs * (0.5 + random / 2));
  const isLate = waitedMs + retryMs > paces.giveUpMs;
  const got = status === null ? answer : `HTTP ${status}`;
  const disabled =
    status === 410
      ? "its receiver wants no more: expected HTTP 2xx, got HTTP 410"
      : failingMs !== null && failingMs > paces.disableMs
        ? `nothing was taken for ${sayHours(failingMs)}: expected HTTP 2xx, got ${got}`
        : null;
  // What waits for a webhook that gets nothing goes on where it was, should it be let on again.
  if (isLate && disabled === null) return { state: "failed", retryMs: 0, disabled };
  return { state: "waiting", retryMs, disabled };
}

function sayHours(ms: number): string {
  const hours = Math.round(ms / 3_600_000);
  return hours === 1 ? "an hour" : `${hours} hours`;
}
