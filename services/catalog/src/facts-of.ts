import { addressOf, type Chain, inputAddresses, outputAddresses } from "@segue/chain";
import {
  type BackfillEnded,
  type BackfillRequested,
  type BackfillSteered,
  type Failure,
  ownKindOf,
  type PingAnswered,
  type Request,
  type RequestBlock,
  type StepOutcome,
  type StepSpec,
  type TakedownRequested,
  type TrackAccepted,
} from "@segue/contracts";
import { type ArtifactRow, type AttemptRow, type Facts, noFacts, type RequestRow } from "./rows.ts";

export function acceptedFacts(message: TrackAccepted): Facts {
  const { trackId, job } = message;
  const track = {
    id: trackId,
    master: message.master,
    size_bytes: message.sizeBytes,
    file_name: message.fileName,
    title: message.title,
    ...(message.metadata ? { metadata: message.metadata } : {}),
    source: message.source,
    accepted_at: message.acceptedAt,
    owner: message.request.owner,
  };
  const jobs = job && {
    request_id: job.requestId,
    track_id: trackId,
    release_id: job.releaseId,
    asset_id: job.assetId,
    asset_guid: job.assetGuid,
    derivative_assets: job.derivativeAssets,
  };
  return { ...noFacts, tracks: [track], requests: [requestRow(message.request)], jobs: jobs ? [jobs] : [] };
}

export function backfillEndFacts({ backfill, at, activeMs, ...counts }: BackfillEnded): Facts {
  const { total, complete, succeeded, failed, failures } = counts;
  const end = { id: backfill.backfillId, finished_at: at, active_ms: activeMs };
  const backfillEnds = [{ ...end, total, complete, succeeded, failed, failures }];
  return { ...backfillFacts(backfill), backfillEnds };
}

/** What a request that did not come with its track says. */
export function requestFacts(request: Request): Facts {
  const { trackId: track_id, requestId: request_id, cause } = request;
  const replayWatches = cause === "replay" ? [{ track_id, request_id }] : [];
  return { ...noFacts, requests: [requestRow(request)], replayWatches };
}

export function requestRow(request: Request): RequestRow {
  const { cause, owner, targets, wants, force, versions, priority, addresses } = request;
  return {
    track_id: request.trackId,
    request_id: request.requestId,
    ...{ cause, owner, targets, wants, force, versions, priority },
    backfill_id: request.backfillId,
    addresses: cause === "replay" ? addresses : null,
    requested_at: request.requestedAt,
  };
}

export function backfillFacts(message: BackfillRequested): Facts {
  const { backfillId: id, targets, force, selection, inFlight, requestedAt } = message;
  const row = { id, targets, force, selection, in_flight: inFlight, requested_at: requestedAt };
  return { ...noFacts, backfills: [row] };
}

const stateAfter = { pause: "paused", resume: "running", cancel: "cancelled" } as const;

export function steeringFacts({ backfillId, action, at }: BackfillSteered): Facts {
  return { ...noFacts, steerings: [{ id: backfillId, state: stateAfter[action], at }] };
}

export function takedownFacts(message: TakedownRequested): Facts {
  const { takedownId: id, cause, owner, requestedBy, reason, tracks, masters, again, requestedAt } = message;
  const row = { id, cause, owner, requested_by: requestedBy, reason, tracks, masters, again };
  return { ...noFacts, takedowns: [{ ...row, requested_at: requestedAt }] };
}

export function pingFacts({ pingId, step, version, worker, at }: PingAnswered): Facts {
  return { ...noFacts, pingAnswers: [{ ping_id: pingId, step, version, worker, at }] };
}

export function outcomeFacts(message: StepOutcome): Facts {
  const { outcome, attempt, address, step, version, kind } = message;
  const failure = outcome.status === "failed" ? outcome.error : undefined;
  const row: AttemptRow = {
    track_id: message.trackId,
    request_id: message.requestId,
    step,
    address,
    version,
    kind,
    outputs: message.outputs ?? null,
    status: outcome.status,
    how: message.how,
    ...errorColumns(failure),
    worker: attempt.worker,
    started_at: attempt.startedAt,
    finished_at: attempt.finishedAt,
    duration_ms: attempt.durationMs,
    cpu_ms: attempt.cpuMs,
    gpu_ms: attempt.gpuMs,
    earlier: attempt.earlier,
    delivery_attempt: attempt.deliveryAttempt,
    tools: attempt.tools ?? null,
  };
  return { ...noFacts, attempts: [row], artifacts: artifactRows(message) };
}

/** Of several outputs one each: a failure is that of all of them. A fetch that failed has come to nothing that others could share. */
function artifactRows(message: StepOutcome): ArtifactRow[] {
  const { outcome, step, version, master, attempt, madeAt = attempt.finishedAt } = message;
  if (master === null) return [];
  const of = { step, version, master, seen_at: madeAt };
  const outputs = Object.entries(message.outputs ?? { [message.kind]: message.address });
  return outputs.flatMap(([kind, address]): ArtifactRow[] => {
    if (outcome.status === "failed")
      return [{ ...of, address, kind, facts: null, payload: null, failed: true }];
    const made = message.outputs ? outcome.outputs?.[kind] : outcome;
    return made ? [{ ...of, address, kind, facts: made.facts, payload: made.payload, failed: false }] : [];
  });
}

function errorColumns(
  failure: Failure | undefined,
): Pick<AttemptRow, "error_code" | "error_message" | "error_words" | "underlying"> {
  if (!failure) return { error_code: null, error_message: null, error_words: null, underlying: null };
  const { code, message, underlying, attempts, ...words } = failure;
  return {
    error_code: code,
    error_message: message,
    error_words: words,
    underlying: underlying === undefined ? null : { ...underlying, attempts },
  };
}

/** The failed outcome of a step whose message Pub/Sub has given up on. Nobody knows how long its attempts took. */
export function deadLetteredFacts(
  chain: Chain<StepSpec>,
  step: StepSpec,
  request: RequestBlock,
  error: Failure,
  { publishedAt }: { readonly publishedAt: Date },
): Facts {
  if (!request.wants.includes(step.name)) return noFacts;
  const addresses = chain.addressesFor(request.master, request.addresses);
  const at = publishedAt.toISOString();
  const address = addressOf(step, inputAddresses(step, addresses));
  const row: AttemptRow = {
    track_id: request.trackId,
    request_id: request.requestId,
    step: step.name,
    address,
    version: step.version,
    kind: ownKindOf(step),
    outputs: outputAddresses(step, address) ?? null,
    status: "failed",
    how: null,
    ...errorColumns(error),
    worker: "queue",
    started_at: at,
    finished_at: at,
    duration_ms: 0,
    cpu_ms: null,
    gpu_ms: null,
    earlier: [],
    delivery_attempt: 1,
    tools: null,
  };
  return { ...noFacts, attempts: [row] };
}
