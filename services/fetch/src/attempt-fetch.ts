import { attemptFrom, type HoldKey, unknownSpent } from "@segue/artifacts";
import {
  type Fetch,
  fetchAddress,
  fetchStep,
  fetchVersion,
  Master,
  type Request,
  StepError,
  type StepOutcome,
} from "@segue/contracts";
import type { Delivery } from "@segue/queue";
import type { FetchContext } from "./fetch-context.ts";
import { fetchSource } from "./fetch-source.ts";
import { SourceAwayError } from "./source-away.ts";

/** A delivery waits for its host's turn for so long, with its lease, before it goes back. */
const turnMs = 30_000;

/**
 * Asks the source once, when it is its host's turn.
 *
 * @returns how it ended, or that it was put off.
 * @throws {StepError} `aborted`; whatever storage and this machine say.
 */
export async function attemptFetch(
  context: FetchContext,
  delivery: Delivery,
  fetch: Fetch,
  key: HoldKey,
): Promise<StepOutcome | "put-off"> {
  const turn = AbortSignal.any([context.stopping, AbortSignal.timeout(turnMs)]);
  const slot = await context.slots.enter(fetch.source, turn);
  if (!slot) throw new StepError("aborted", "others of its host are fetched already");
  try {
    return await askSource(context, delivery, fetch, key);
  } finally {
    slot[Symbol.dispose]();
  }
}

async function askSource(
  context: FetchContext,
  delivery: Delivery,
  { source, request }: Fetch,
  key: HoldKey,
): Promise<StepOutcome | "put-off"> {
  const { fetches, stopping, config } = context;
  const startedAt = context.now();
  const end = (outcome: StepOutcome["outcome"], master: string | null) =>
    describeEnd(request, outcome, master, attemptFrom(context, delivery, startedAt, unknownSpent));
  try {
    const url = await fetches.readSource(request.trackId, source);
    if (url === undefined) throw await whyForgotten(context, request);
    const signal = AbortSignal.any([stopping, AbortSignal.timeout(config.sourceTimeoutMs)]);
    const payload = await fetchSource(context, { url, trackId: request.trackId }, signal);
    const facts = { sizeBytes: payload.sizeBytes };
    return end({ status: "succeeded", facts, payload }, payload.name);
  } catch (error) {
    if (stopping.aborted) throw new StepError("aborted", "the worker drains", { cause: error });
    if (!(error instanceof StepError)) throw error;
    const last = error instanceof SourceAwayError ? await putOff(context, error, key, request) : error;
    if (last === "put-off") return last;
    if (!last.permanent) throw last;
    return end({ status: "failed", error: tell(last) }, null);
  }
}

function describeEnd(
  { requestId, trackId }: Fetch["request"],
  outcome: StepOutcome["outcome"],
  master: string | null,
  attempt: StepOutcome["attempt"],
): StepOutcome {
  return {
    v: master === null ? 2 : 1,
    type: "StepOutcome",
    ...{ requestId, trackId, master, outcome, attempt },
    step: fetchStep,
    version: fetchVersion,
    kind: Master.name,
    address: master ?? fetchAddress(trackId),
    how: "computed",
    at: attempt.finishedAt,
  };
}

/** However long a source is away, that says nothing of the others; it is given up in the end. */
async function putOff(
  { holds, worker, now, log, config }: FetchContext,
  error: SourceAwayError,
  key: HoldKey,
  { trackId }: Fetch["request"],
): Promise<StepError | "put-off"> {
  const note = { error, worker, isSuspect: false, now: now(), atLeastMs: error.retryAfterMs };
  const { until, times } = await holds.note(key, note);
  if (times < config.maxTries) {
    log.warn({ track: trackId, until, times, error }, "a source is away; it is asked again later");
    return "put-off";
  }
  const text = `${times} attempts failed; the last: ${error.message}`;
  return new StepError("retries-exhausted", text, { cause: error });
}

/** Of a source that was given up, the last error beneath. */
function tell(error: StepError): ReturnType<StepError["toFailure"]> {
  const { cause } = error;
  if (!(cause instanceof SourceAwayError)) return error.toFailure();
  return { ...error.toFailure(), underlying: { code: cause.code, message: cause.message } };
}

/** Whoever forgets it has kept the end before; or it went with its track, which was deleted. */
async function whyForgotten(
  { fetches }: Pick<FetchContext, "fetches">,
  request: Request,
): Promise<StepError> {
  return (await fetches.hasTrack(request.trackId))
    ? new StepError("aborted", "another request's fetch has ended meanwhile")
    : new StepError("source-not-found", "what its URL hides went with its track, which was deleted");
}
