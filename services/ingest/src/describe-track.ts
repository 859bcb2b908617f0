import type { StoredOutcome, StoredResult, StoredTrack } from "@segue/catalog-db";
import {
  type ErrorReport,
  type FailedUpgrade,
  type Failure,
  fetchStep,
  type Kind,
  type RenderingLink,
  renderingsOf,
  type StepReport,
  showSource,
  type TrackResource,
  type TrackResult,
  type TrackSummary,
  wordsOf,
} from "@segue/contracts";
import { rendererOf } from "@segue/renderings";
import type { ApiContext } from "./api-context.ts";
import { latestAssetUrl, latestRenderingUrl, permanentAssetUrl, permanentRenderingUrl } from "./asset-url.ts";
import { describeCorrections } from "./corrections/describe-corrections.ts";
import type { FoundTrack } from "./find-track.ts";

export function trackUrl(base: string, id: string): string {
  return `${base}/v1/tracks/${id}`;
}

/** A track with its steps and results. @param base what URLs start with. @param sees whether how work was done is told. */
export function describeTrack(
  { chain, names }: Pick<ApiContext, "chain" | "names">,
  { track, degraded }: FoundTrack,
  base: string,
  sees: boolean,
): TrackResource {
  const steps = describeSteps(track).map((step) => (sees ? step : { ...step, how: null, attempt: null }));
  const url = trackUrl(base, track.id);
  const now = track.master === null ? new Map<string, string>() : chain.addressesFor(track.master);
  const fleet = { now, kinds: chain.kinds, assets: names.bucket("assets") };
  // A master is what results are made of, and stands beside them.
  const made = track.outcomes.filter(({ step }) => step !== fetchStep);
  const results = made.flatMap((outcome) =>
    outcome.results.map((result) => [result.kind, describeResult(outcome, result, url, fleet)]),
  );
  return {
    ...summaryOf(track, steps, url),
    // Older tracks were kept with all of it.
    source: showSource(track.source),
    master: track.master,
    sizeBytes: track.sizeBytes,
    targets: track.targets,
    requests: track.requests,
    steps,
    results: Object.fromEntries(results),
    corrections: describeCorrections(track, chain.kinds),
    ...(degraded === undefined ? {} : { degraded }),
  };
}

export function summarizeTrack(track: StoredTrack, base: string): TrackSummary {
  const steps = describeSteps(track);
  return {
    ...summaryOf(track, steps, trackUrl(base, track.id)),
    steps: steps.map(({ step, status, error, recomputing, failedUpgrade }) => ({
      step,
      status,
      code: error?.code ?? null,
      underlying: error && (error.underlying ?? { code: error.code, message: error.message }),
      recomputing,
      upgradeFailed: failedUpgrade !== null,
    })),
  };
}

function summaryOf(track: StoredTrack, steps: readonly StepReport[], url: string) {
  const { id, state, title, fileName, acceptedAt, finishedAt } = track;
  const latencyMs = finishedAt === null ? null : Date.parse(finishedAt) - Date.parse(acceptedAt);
  const summary = sayState(track, steps, latencyMs);
  const metadata = track.metadata ?? {};
  return { id, url, state, summary, title, metadata, fileName, acceptedAt, finishedAt, latencyMs };
}

/** In the order of the chain, in which the wants are given. */
function describeSteps(track: StoredTrack): StepReport[] {
  return track.wants.map((step) => {
    const outcome = track.outcomes.find((other) => other.step === step);
    return {
      step,
      status: outcome?.status ?? "waiting",
      how: outcome?.how ?? null,
      version: outcome?.version ?? null,
      kind: outcome?.kind ?? null,
      address: outcome?.address ?? null,
      outputs: outcome?.outputs ?? null,
      error: outcome?.error ? describeFailure(outcome.error) : null,
      blockedBy: outcome?.blockedBy ?? [],
      attempt: outcome?.attempt ?? null,
      ...describeWhatIsNew(outcome),
    };
  });
}

function describeFailure(failure: Failure): ErrorReport {
  const { code, message, underlying = null, attempts = null } = failure;
  return { code, message, ...wordsOf(failure), underlying, attempts };
}

/** What goes on, or went wrong, since there is what holds. */
function describeWhatIsNew(outcome: StoredOutcome | undefined) {
  return {
    recomputing: outcome?.recomputing ?? null,
    failedUpgrade: outcome?.failedUpgrade ? describeUpgrade(outcome.failedUpgrade) : null,
  };
}

function describeUpgrade({ error, ...upgrade }: NonNullable<StoredOutcome["failedUpgrade"]>): FailedUpgrade {
  return { ...upgrade, error: describeFailure(error) };
}

interface Fleet {
  readonly now: ReadonlyMap<string, string>;
  readonly kinds: readonly Kind[];
  readonly assets: string;
}

function describeResult(
  outcome: StoredOutcome,
  result: StoredResult,
  url: string,
  { now, kinds, assets }: Fleet,
): TrackResult {
  const { address, kind, facts, payload } = result;
  // What only steps work on lies elsewhere, and is gone after a while: a link to it would lead nowhere.
  const kept = payload?.bucket === assets ? payload : null;
  const asset = kept && {
    url: permanentAssetUrl(url, kind, { address, crc32c: kept.crc32c }),
    latestUrl: latestAssetUrl(url, kind),
    contentType: kept.contentType,
    sizeBytes: kept.sizeBytes,
  };
  const known = kinds.find(({ name }) => name === kind);
  const renderings = kept && known ? describeRenderings(known, url, { address, crc32c: kept.crc32c }) : {};
  const current = now.has(kind) ? now.get(kind) === address : null;
  return {
    address,
    version: outcome.version,
    current,
    ...describeWhatIsNew(outcome),
    facts,
    asset,
    renderings,
  };
}

function describeRenderings(
  kind: Kind,
  url: string,
  state: { readonly address: string; readonly crc32c: string },
): Record<string, RenderingLink> {
  const links = renderingsOf(kind).map(({ name, by, contentType }) => {
    const { version } = rendererOf(by);
    return [
      name,
      {
        url: permanentRenderingUrl(url, kind.name, { name, version }, state),
        latestUrl: latestRenderingUrl(url, kind.name, name),
        contentType,
      },
    ] as const;
  });
  return Object.fromEntries(links);
}

function sayState(track: StoredTrack, steps: readonly StepReport[], latencyMs: number | null): string {
  return `${sayEnd(track, steps, latencyMs)}${sayWhatIsNew(steps)}`;
}

function sayWhatIsNew(steps: readonly StepReport[]): string {
  const again = steps.flatMap(({ step, recomputing }) =>
    recomputing ? [`${step} (${recomputing.reason}, since ${recomputing.since})`] : [],
  );
  const failed = steps.flatMap(({ step, failedUpgrade }) =>
    failedUpgrade ? [`version ${failedUpgrade.version} of ${step}: ${failedUpgrade.error.meaning}`] : [],
  );
  return [
    again.length > 0 ? `; asked for again: ${again.join(", ")}` : "",
    failed.length > 0 ? `; what was there holds, since this failed: ${failed.join(" ")}` : "",
  ].join("");
}

function sayEnd(track: StoredTrack, steps: readonly StepReport[], latencyMs: number | null): string {
  const succeeded = steps.filter((step) => step.status === "succeeded").length;
  const waiting = steps.filter((step) => step.status === "waiting").map((step) => step.step);
  const failures = steps.flatMap((step) => (step.error ? [`${step.step}: ${step.error.meaning}`] : []));
  const tally = `${succeeded} of ${steps.length} steps done`;
  const stuck = track.stuck === null ? "" : `; it is stuck: ${track.stuck}`;
  const failed = failures.length > 0 ? `; failed: ${failures.join(" ")}` : "";
  switch (track.state) {
    case "accepted":
      return track.master === null
        ? `accepted; its source waits to be fetched${stuck}`
        : `accepted; the file is safe and waits for its first step${stuck}`;
    case "processing":
      return `${tally}; waiting for ${waiting.join(", ")}${failed}${stuck}`;
    case "done":
      return `done: ${tally}${latencyMs === null ? "" : ` in ${(latencyMs / 1_000).toFixed(1)} s`}`;
    case "partial":
      return `ended with a part of what was asked for: ${tally}${failed}`;
    case "failed":
      return `failed: ${failures.join(" ")}`;
    default:
      return `${track.state}: ${tally}${failed}${stuck}`;
  }
}
