import { randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import type { TrackReceipt } from "@segue/contracts";
import type { ApiClient, Upload } from "./api-client.ts";
import { ApiRefusal, mayPass } from "./api-errors.ts";
import { type Clock, realClock } from "./clock.ts";

/** Where the API does not say how long to wait, in ms; it doubles each time. */
const pauses = { first: 500, longest: 30_000 };
/** Who is asked to come back later than this has to decide for itself, in ms: a day's quota is used up, say. */
const longestWaitMs = 300_000;
/** Waits are longer by up to this share of them: those who were refused together don't come back together. */
const spread = 1 / 4;

export interface RepeatableUpload extends Omit<Upload, "body"> {
  /** A stream is opened anew for each attempt. */
  readonly body: Uint8Array | (() => Readable);
}

export interface SubmitUploadOptions {
  /** The same for all attempts, and for whoever goes on with this upload later: it makes one track. A new one when left out. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** Told why and for how long it rests, in ms. */
  onWait?(reason: string, ms: number): void;
}

/**
 * Sends a file until the API has accepted it, under one `Idempotency-Key`: an answer that was lost makes no second track. It waits for as long as the API asks
 * (`Retry-After`, of 429 and 503), and longer each time where no answer came. The signal bounds it.
 *
 * @throws {ApiRefusal} that no later attempt gets past, or none within five minutes, as `quota-exceeded`; {UploadFailure} {UnexpectedAnswer}; the signal's reason.
 */
export async function submitUpload(
  api: Pick<ApiClient, "postUpload">,
  { body, ...details }: RepeatableUpload,
  options: SubmitUploadOptions = {},
): Promise<TrackReceipt> {
  const { idempotencyKey = randomUUID(), clock = realClock, onWait = () => {} } = options;
  const { signal = new AbortController().signal } = options;
  for (let pauseMs = pauses.first; ; pauseMs = Math.min(pauses.longest, 2 * pauseMs)) {
    signal.throwIfAborted();
    const upload = { ...details, body: typeof body === "function" ? body() : body };
    try {
      return await api.postUpload(upload, { signal, idempotencyKey });
    } catch (error) {
      if (signal.aborted || !mayPass(error)) throw error;
      const askedMs = error instanceof ApiRefusal ? error.retryAfterMs : null;
      if (askedMs !== null && askedMs > longestWaitMs) throw error;
      const waitMs = Math.round((askedMs ?? pauseMs) * (1 + spread * Math.random()));
      onWait(error instanceof Error ? error.message : String(error), waitMs);
      await clock.sleep(waitMs, signal);
    }
  }
}
