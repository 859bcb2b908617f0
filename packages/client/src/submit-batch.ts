import { randomUUID } from "node:crypto";
import { type BatchLine, type BatchOutcome, maxBatchBytes } from "@segue/contracts";
import type { ApiClient } from "./api-client.ts";
import { ApiRefusal, mayPass } from "./api-errors.ts";
import { type Clock, realClock } from "./clock.ts";

/** In one request: as many as are answered within seconds. */
const limits = { lines: 250, bytes: maxBatchBytes / 2 };
/** Before what did not pass is tried again, in ms; it doubles each time. */
const pauses = { first: 1_000, longest: 60_000 };

export interface SubmitBatchOptions {
  /** Of the batch: begun again under it, from the start, nothing is made twice. A new one when left out. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** Told why and for how long it rests. */
  onWait?(reason: string, ms: number): void;
}

/**
 * Names as many sources as there are, and tells what became of each, in their order; a `line`'s number is that in all of them. They are read as they are sent, in
 * requests of some hundreds. What an API that is busy or away did not take is tried again for as long as it takes: the signal bounds it.
 *
 * @param lines those without a `key` have their number, from 1.
 * @throws {ApiRefusal} of a request as a whole that no later attempt gets past; {UnexpectedAnswer}; the signal's reason; what reading the lines throws.
 */
export async function* submitBatch(
  api: Pick<ApiClient, "postBatch">,
  lines: Iterable<BatchLine> | AsyncIterable<BatchLine>,
  options: SubmitBatchOptions = {},
): AsyncGenerator<BatchOutcome> {
  const { idempotencyKey = randomUUID() } = options;
  for await (const chunk of inChunks(lines)) {
    const send = (some: readonly Numbered[]) =>
      api.postBatch(
        some.map(({ line }) => line),
        { idempotencyKey, ...(options.signal ? { signal: options.signal } : {}) },
      );
    yield* await sendAll(chunk, send, options);
  }
}

interface Numbered {
  readonly number: number;
  readonly line: BatchLine;
}

/** Until nothing is left that may pass. */
async function sendAll(
  chunk: readonly Numbered[],
  send: (lines: readonly Numbered[]) => Promise<BatchOutcome[]>,
  { signal = new AbortController().signal, clock = realClock, onWait = () => {} }: SubmitBatchOptions,
): Promise<BatchOutcome[]> {
  const outcomes = new Map<number, BatchOutcome>();
  let left = chunk;
  for (let pauseMs = pauses.first; ; pauseMs = Math.min(pauses.longest, 2 * pauseMs)) {
    const sent = await send(left).catch((error: unknown) => {
      if (signal.aborted || !mayPass(error)) throw error;
      return error;
    });
    if (Array.isArray(sent))
      for (const [at, outcome] of sent.entries()) {
        const { number = 0 } = left[at] ?? {};
        outcomes.set(number, { ...outcome, line: number });
      }
    left = left.filter(({ number }) => isOpen(outcomes.get(number)));
    if (left.length === 0) return [...outcomes.values()].toSorted((a, b) => a.line - b.line);
    const waitMs = Math.max(pauseMs, sent instanceof ApiRefusal ? (sent.retryAfterMs ?? 0) : 0);
    onWait(reasonOf(sent, outcomes.get(left[0]?.number ?? 0)), waitMs);
    await clock.sleep(waitMs, signal);
  }
}

/** Nothing is known of it, or it was not taken for a reason that passes within minutes: a day's quota does not. */
function isOpen(outcome: BatchOutcome | undefined): boolean {
  return outcome === undefined || outcome.status > 500;
}

function reasonOf(sent: unknown, outcome: BatchOutcome | undefined): string {
  if (sent instanceof Error) return sent.message;
  return outcome?.detail ?? "not all of it was taken";
}

/** Numbered from 1, with keys. */
async function* inChunks(
  lines: Iterable<BatchLine> | AsyncIterable<BatchLine>,
): AsyncGenerator<readonly Numbered[]> {
  let chunk: Numbered[] = [];
  let bytes = 0;
  let number = 0;
  for await (const given of lines) {
    number += 1;
    const line = { key: String(number), ...given };
    const size = Buffer.byteLength(JSON.stringify(line)) + 1;
    if (chunk.length >= limits.lines || (chunk.length > 0 && bytes + size > limits.bytes)) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push({ number, line });
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}
