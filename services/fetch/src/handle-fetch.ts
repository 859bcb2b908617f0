/**
 * A fetch, from message to ack:
 *
 *   can't be read                                -> dead-lettered
 *   has ended before: the track has its master, or this request's fetch has failed for good
 *                                                -> told again
 *   was put off, and its pause is not over       -> handed back
 *   its host has enough to do                    -> handed back
 *   otherwise an attempt: the master is there    -> told
 *                         failed for good        -> told
 *                         the source is away     -> put off, with pauses that grow; too often: failed for good, told
 *                         storage, or this machine, is in trouble, or drains
 *                                                -> handed back
 *
 * Told: how it ended is kept, create-only, before anybody hears of it; then the catalog hears of it, and the chain begins with the master, for
 * the request that the message is of. Of two workers at one fetch the first has brought the master, and both begin with that one.
 */
import { fromStoreError } from "@segue/artifacts";
import { type Fetch, fetchAddress, StepError, type StepOutcome } from "@segue/contracts";
import { type Delivery, NotSentError, readFetch } from "@segue/queue";
import { handBack, refuse } from "@segue/runner";
import { attemptFetch } from "./attempt-fetch.ts";
import type { FetchContext } from "./fetch-context.ts";
import { tellEnd } from "./tell-end.ts";

export type Ending = "fetched" | "failed" | "told-again" | "put-off" | "handed-back" | "dead-lettered";

/** Never throws: it acks, or nacks. */
export async function handleFetch(context: FetchContext, delivery: Delivery): Promise<Ending> {
  const fetch = readFetch(delivery);
  if (fetch instanceof StepError) return asEnding(await refuse(context, delivery, fetch, null));
  try {
    return await endFetch(context, delivery, fetch);
  } catch (thrown) {
    const error = thrown instanceof NotSentError ? notSent(thrown) : fromStoreError(thrown);
    return asEnding(handBack(context, delivery, error));
  }
}

async function endFetch(context: FetchContext, delivery: Delivery, fetch: Fetch): Promise<Ending> {
  const { fetches, holds } = context;
  const { request } = fetch;
  const before = await fetches.readEnd(request);
  if (before) {
    await concludeFetch(context, delivery, fetch, before);
    return "told-again";
  }
  const key = { address: fetchAddress(request.trackId), pieces: null };
  const hold = await holds.find(key, context.now());
  if (hold && Date.parse(hold.until) > context.now().getTime()) {
    const why = `the source is not asked before ${hold.until}: ${hold.reason}`;
    return asEnding(handBack(context, delivery, new StepError("aborted", why)));
  }
  const attempted = await attemptFetch(context, delivery, fetch, key);
  if (attempted === "put-off") {
    delivery.nack();
    return "put-off";
  }
  // Kept first: whatever is told now, nobody will ever hear of another master.
  const end = await fetches.createEnd(attempted, request);
  if (hold) await holds.discard(key);
  await concludeFetch(context, delivery, fetch, end);
  return end.outcome.status === "succeeded" ? "fetched" : "failed";
}

/** Tells, and forgets what is not needed any more: also where whoever was at it before has died in between. */
async function concludeFetch(
  context: FetchContext,
  delivery: Delivery,
  { request, source }: Fetch,
  end: StepOutcome,
): Promise<void> {
  const { fetches, uploads } = context;
  const { trackId } = request;
  await tellEnd(context, delivery, request, end);
  if (end.outcome.status === "succeeded") await fetches.forgetSource(trackId);
  // Well or badly: what is in it does not change, so that asking again would end as it has.
  if (source === uploads.sourceOf(trackId)) await uploads.removeFile(trackId);
  delivery.ack();
}

function notSent(cause: NotSentError): StepError {
  return new StepError("aborted", `the queue takes no messages: ${cause.message}`, { cause });
}

function asEnding(ending: Awaited<ReturnType<typeof refuse>>): Ending {
  return ending === "dead-lettered" ? ending : "handed-back";
}
