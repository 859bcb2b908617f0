import { ChainError, describeFetchRequest, describeRequest } from "@segue/chain";
import {
  type ArtifactRecord,
  acceptedAtMs,
  type ClientMetadata,
  createId,
  hasMaster,
  Master,
  type MasteredRequest,
  type PayloadRef,
  type Request,
  showSource,
  type TrackAccepted,
} from "@segue/contracts";
import type { Received } from "@segue/intake";
import type { TraceContext } from "@segue/telemetry";
import type { ApiContext } from "./api-context.ts";
import { nameHint } from "./name-hint.ts";
import { ProblemError } from "./problem-error.ts";
import type { Beginning } from "./publisher.ts";

/** What a client said of a track. */
export interface TrackDetails {
  /** Whose it is. */
  readonly owner: string;
  readonly title: string | null;
  readonly metadata: ClientMetadata | undefined;
  readonly fileName: string | null;
  readonly source: string;
  /** Undefined for those that are made by default. */
  readonly targets: readonly string[] | undefined;
  readonly job: TrackAccepted["job"];
  /** By what the key that it came under is found. */
  readonly keyedAs?: string | undefined;
}

/** Targets, as they are called today, and the steps that they need. @throws {ProblemError} `invalid-request` naming the targets there are. */
export function planTargets(
  { chain }: Pick<ApiContext, "chain">,
  asked: readonly string[] | undefined,
): { targets: string[]; wants: string[] } {
  const targets = chain.presentTargets(asked ?? chain.defaultTargets);
  try {
    return { targets, wants: chain.wantsFor(targets).map((step) => step.name) };
  } catch (error) {
    if (error instanceof ChainError) throw new ProblemError("invalid-request", `targets: ${error.message}`);
    throw error;
  }
}

/** What there is of a track when it is accepted: its master, or the whole URL of the source that it is to be fetched from. */
export type Brought = { readonly payload: PayloadRef } | { readonly url: string };

/**
 * @param master what came, if it did: it need not be kept yet.
 * @param ownId that it was promised; a new one when left out.
 */
export function describeAccepted(
  context: ApiContext,
  details: TrackDetails,
  master: Pick<Received, "sha256" | "sizeBytes"> | null,
  ownId?: string,
): TrackAccepted {
  const now = context.now();
  const acceptedAt = now.toISOString();
  const trackId = ownId ?? createId(now);
  const asked = {
    ...planTargets(context, details.targets),
    requestId: trackId,
    trackId,
    owner: details.owner,
    cause: "submission" as const,
    requestedAt: acceptedAt,
  };
  const { keyedAs } = details;
  const request = {
    ...(master
      ? describeRequest(context.chain, { ...asked, master: master.sha256 })
      : describeFetchRequest(asked)),
    ...(keyedAs === undefined ? {} : { keyedAs }),
  };
  return {
    v: request.v,
    type: "TrackAccepted",
    trackId,
    master: request.master,
    sizeBytes: master?.sizeBytes ?? null,
    fileName: nameHint(details.fileName),
    title: details.title,
    ...(details.metadata ? { metadata: details.metadata } : {}),
    source: showSource(details.source),
    request,
    acceptedAt,
    job: details.job,
  };
}

/**
 * The catalog looks through the objects of new tracks and replays once a minute, by the time that their ids tell. One whose id is of another
 * time than its object is not found so, or not before its time comes: an interrupted request has planned it long before it is written, an
 * upload has had its id since it was begun, or our clock is wrong. The queue has to confirm it.
 */
const sweptWithinMs = 60_000;

/**
 * Makes a track safe, as an object: from then on it is found, and carried on by the catalog if need be. The queue hears of it
 * without being waited for. Safe to repeat: the object is create-only, and everybody who hears of a track twice does
 * nothing the second time.
 *
 * @param trace that of the request; it goes on through everything that is done for the track.
 */
export async function acceptTrack(
  context: ApiContext,
  track: TrackAccepted,
  brought: Brought,
  trace: TraceContext,
): Promise<void> {
  if ("url" in brought) await context.fetches.keepSource(track.trackId, brought.url);
  const storedAt = await context.tracks.create(track);
  await tellQueue(
    context,
    { asked: track, storedAt },
    beginningOf(track.request, track.source, brought),
    trace,
  );
  context.events.trackAccepted(track);
}

/** As `acceptTrack`, for a replay. */
export async function acceptReplay(
  context: ApiContext,
  replay: Request,
  beginning: Beginning,
  trace: TraceContext,
): Promise<void> {
  const storedAt = await context.requests.createOwn(replay);
  await tellQueue(context, { asked: replay, storedAt }, beginning, trace);
}

function beginningOf(request: Request, source: string, brought: Brought): Beginning {
  return hasMaster(request) && "payload" in brought
    ? beginWith(request, brought.payload)
    : { request, source };
}

async function tellQueue(
  { announcements, publisher }: ApiContext,
  { asked, storedAt }: { readonly asked: TrackAccepted | Request; readonly storedAt: Date },
  beginning: Beginning,
  trace: TraceContext,
): Promise<void> {
  const { requestId, requestedAt } = asked.type === "Request" ? asked : asked.request;
  const saidMs = [Date.parse(requestedAt), acceptedAtMs(requestId)];
  const apartMs = Math.max(...saidMs.map((ms) => Math.abs(storedAt.getTime() - ms)));
  if (apartMs < sweptWithinMs) announcements.announce(asked, beginning, trace);
  else await publisher.announceLate(asked, beginning, trace);
}

/** The chain begins with a master: its record, from what storage says of it. */
export function beginWith(request: MasteredRequest, payload: PayloadRef): Beginning {
  return { request, master: recordOf(request, payload) };
}

function recordOf({ master }: MasteredRequest, payload: PayloadRef): ArtifactRecord {
  const { sizeBytes } = payload;
  return {
    v: 1,
    address: master,
    kind: Master.name,
    step: null,
    inputs: {},
    outcome: { status: "succeeded", facts: { sizeBytes }, payload },
    attempt: null,
  };
}
