/**
 * Sends what has happened to webhooks. Stopped at any moment nothing is lost: what was sent and not noted is sent again, under the same id. Of one webhook a few are sent
 * at once, and nobody waits for them but what comes behind them in their tracks: one that is slow, or down, takes none of the others' time.
 */
import type { ClaimedDelivery, DeliveryQueue } from "@segue/catalog-db";
import type { Logger } from "@segue/telemetry";
import { type Looks, startLooks } from "../looks.ts";
import { judgeDelivery, type RetryPaces, retryPaces } from "./judge-delivery.ts";
import { postWebhook } from "./post-webhook.ts";
import { signWebhook } from "./sign-webhook.ts";

export interface SendPaces extends RetryPaces {
  /** An attempt may take so long, in ms. */
  readonly attemptMs: number;
  /** Between two looks, in ms. */
  readonly shortestMs: number;
  /** Where nothing is known to be due: with webhooks, and without any. */
  readonly longestMs: number;
  readonly noneMs: number;
}
export const sendPaces: SendPaces = {
  ...retryPaces,
  ...{ attemptMs: 10_000, shortestMs: 100, longestMs: 30_000, noneMs: 60_000 },
};

/** Of one webhook, and of all, by this process. */
const room = { ofOne: 8, ofAll: 256 };
/** What a look finds due and can't send, since there is no room, or another does it at this moment. */
const crowdedMs = 1_000;
/** Turns of webhooks in one look. */
const roundsAtOnce = 4;
/** After a look that failed. */
const retryMs = 5_000;
const forgetEveryMs = 3_600_000;

/** How it went, for whoever counts. */
export type DeliveryOutcome = "delivered" | "refused" | "unanswered" | "given-up";

export interface SendEvents {
  deliverySent(outcome: DeliveryOutcome, latencyMs: number): void;
  webhookDisabled(webhook: { readonly webhookId: string; readonly reason: string }): void;
  /** How long the oldest delivery waits; null: none does. */
  deliveriesLookedAt(oldestMs: number | null): void;
}

export interface SendOptions {
  readonly queue: DeliveryQueue;
  readonly log: Logger;
  readonly events: SendEvents;
  readonly allowPrivate: boolean;
  /** Through which webhooks are called; directly when undefined. */
  readonly proxy?: string | undefined;
  /** Deliveries are kept so long, in ms. */
  readonly keepMs: number;
  /** PEM of the certificate authorities to trust in place of the well-known ones. */
  readonly ca?: string | undefined;
  readonly paces?: SendPaces;
}

export interface DeliverySender {
  /** Something has happened. Without webhooks, as far as is known, nobody is asked. */
  note(): void;
  /** Webhooks have changed, or were asked to be sent something. */
  call(): void;
  stop(): Promise<void>;
}

export function sendDeliveries(options: SendOptions): DeliverySender {
  const { queue, log, events, paces = sendPaces } = options;
  const stopping = new AbortController();
  const underWay = createUnderWay();
  /** Whether there are webhooks that something is sent to, as far as is known. */
  let areAny = false;
  let forgotAt = Number.NEGATIVE_INFINITY;
  const begin = (delivery: ClaimedDelivery) => {
    const sent = sendDelivery({ ...options, signal: stopping.signal }, delivery).catch((error: unknown) => {
      log.warn({ error, delivery: delivery.id }, "what came of a delivery can't be noted; it is sent again");
    });
    // What comes behind it in its track is due now.
    underWay.add(
      delivery.webhookId,
      sent.then(() => looks.within(0)),
    );
  };
  const forget = async () => {
    if (performance.now() - forgotAt < forgetEveryMs) return;
    while (await queue.forget(options.keepMs));
    forgotAt = performance.now();
  };
  const readDue = async () => {
    const due = await queue.readDue();
    areAny = due.areAny;
    events.deliveriesLookedAt(due.oldestMs);
    return due;
  };
  const look = async (): Promise<number> => {
    // What can't be removed keeps nothing from being sent.
    await forget().catch((error: unknown) => log.warn({ error }, "old deliveries can't be removed now"));
    // Without webhooks a look is one statement.
    if (!areAny && !(await readDue()).areAny) return paces.noneMs;
    // Where changes keep coming there is always more: what is there is sent in between.
    let isMore = true;
    for (let round = 0; round < roundsAtOnce && isMore && !stopping.signal.aborted; round++)
      isMore = await queue.fanOut();
    const free = room.ofAll - underWay.count();
    if (free > 0 && !stopping.signal.aborted)
      for (const delivery of await queue.claim(room.ofOne, underWay.byWebhook(), free)) begin(delivery);
    const { inMs } = await readDue();
    if (isMore) return crowdedMs;
    if (inMs === null) return areAny ? paces.longestMs : paces.noneMs;
    return inMs > 0 ? inMs : crowdedMs;
  };
  const looks: Looks = startLooks({
    look: () =>
      look().catch((error: unknown) => {
        log.warn({ error }, "deliveries can't be read now; it is tried again");
        return retryMs;
      }),
    ...{ shortestMs: paces.shortestMs, longestMs: Math.max(paces.longestMs, paces.noneMs) },
  });
  return {
    note() {
      if (areAny) looks.within(0);
    },
    call: () => looks.within(0),
    async stop() {
      stopping.abort();
      await looks.stop();
      await underWay.ended();
    },
  };
}

/** What this process sends at the moment. */
function createUnderWay() {
  const all = new Map<Promise<void>, string>();
  return {
    add(webhookId: string, sent: Promise<void>) {
      all.set(sent, webhookId);
      void sent.then(() => all.delete(sent));
    },
    count: () => all.size,
    byWebhook(): ReadonlyMap<string, number> {
      const counts = new Map<string, number>();
      for (const webhookId of all.values()) counts.set(webhookId, (counts.get(webhookId) ?? 0) + 1);
      return counts;
    },
    async ended() {
      await Promise.all(all.keys());
    },
  };
}

/** Sends one, and notes what came of it; where it was cut off by the signal, another process may have it at once. */
async function sendDelivery(
  options: SendOptions & { readonly signal: AbortSignal },
  delivery: ClaimedDelivery,
): Promise<void> {
  const { queue, events, allowPrivate, proxy, ca, signal, paces = sendPaces } = options;
  const { id, url, secrets, body, webhookId } = delivery;
  const sent = await postWebhook(url, {
    ...{ body, allowPrivate, proxy, ca, signal, timeoutMs: paces.attemptMs },
    headers: signWebhook(secrets, { id, at: new Date(), body }),
  });
  if (signal.aborted) return queue.release(delivery);
  const judged = judgeDelivery({ sent, delivery, paces, random: Math.random() });
  const verdict = await queue.settle(delivery, sent, judged);
  events.deliverySent(outcomeOf(verdict.state, sent.status), sent.latencyMs);
  if (verdict.disabled !== null) events.webhookDisabled({ webhookId, reason: verdict.disabled });
}

function outcomeOf(state: string, status: number | null): DeliveryOutcome {
  if (state === "delivered") return "delivered";
  if (state === "failed") return "given-up";
  return status === null ? "unanswered" : "refused";
}
