import type { Readable } from "node:stream";
import type {
  AuditPage,
  BackfillAction,
  BackfillList,
  BackfillReceipt,
  BackfillRequest,
  BackfillResource,
  BatchLine,
  BatchOutcome,
  ChainStepList,
  ChangePage,
  ClientMetadata,
  CreatedWebhook,
  DeliveriesReplay,
  DeliveryPage,
  DeliveryQuery,
  DeliveryReceipt,
  ErrorList,
  ExportQuery,
  FacetCounts,
  FacetQuery,
  JobRequest,
  JobResource,
  KeyList,
  KeyRequest,
  KindList,
  NewKey,
  PingAnswers,
  PingReceipt,
  PingRequest,
  Playlist,
  PlaylistFormat,
  PlaylistQuery,
  ReplayedDeliveries,
  ReplayReceipt,
  ReplayRequest,
  RevokedKeys,
  RotatedSecret,
  RotateRequest,
  SearchedFacts,
  SearchPage,
  SearchQuery,
  SearchRebuild,
  SecretRotation,
  SimilarQuery,
  SimilarTracks,
  ToolsInUse,
  TrackFromSource,
  TrackHistory,
  TrackList,
  TrackReceipt,
  TrackResource,
  TrackSummary,
  WebhookList,
  WebhookPatch,
  WebhookRequest,
  WebhookResource,
} from "@segue/contracts";
import type { z } from "zod";
import type { CallOptions, SubmitOptions } from "./call-options.ts";
import type { CorrectionClient } from "./correction-client.ts";
import type { EventStream } from "./read-events.ts";
import type { TakedownClient } from "./takedown-client.ts";
import type { UploadClient } from "./upload-client.ts";

export type { CallOptions, SubmitOptions };

export interface Upload {
  readonly body: Uint8Array | Readable;
  /** Of a stream, where it is known: a body that has more or fewer is not sent as a whole one. */
  readonly sizeBytes?: number;
  readonly fileName?: string;
  readonly title?: string;
  /** The client's own texts by name, which come back as they were. */
  readonly metadata?: ClientMetadata;
  /** The default ones when left out. */
  readonly targets?: readonly string[];
}

/** A page of tracks: `cursor` is the page before's `nextCursor`, null for the first. */
export interface PageQuery {
  /** At most 200. */
  readonly limit: number;
  readonly cursor: string | null;
}

/** As `GET /v1/changes` takes it. */
export interface ChangesQuery {
  /** `nextCursor` of the page before; `now` for what happens from now on; left out for the oldest that is kept. */
  readonly since?: string | undefined;
  /** At most 1,000; 100 when left out. */
  readonly limit?: number | undefined;
  readonly trackId?: string | undefined;
  /** How long the API waits for the first change, in seconds; at once when left out. */
  readonly wait?: number | undefined;
}

/** As `GET /v1/search` takes it. */
export type SearchAsked = z.input<typeof SearchQuery>;
/** As `GET /v1/search/facets` takes it. */
export type FacetsAsked = z.input<typeof FacetQuery>;

/** As `GET /v1/tracks/:id/similar` takes it. */
export type SimilarAsked = z.input<typeof SimilarQuery>;
/** As `GET /v1/playlists` takes it, but in which form. */
export type PlaylistAsked = Omit<z.input<typeof PlaylistQuery>, "format">;

/** As `GET /v1/search/export` takes it. */
export type ExportAsked = z.input<typeof ExportQuery>;

/** As `GET /v1/audit` takes it. */
export interface AuditPageQuery {
  /** At most 1,000; 100 when left out. */
  readonly limit?: number | undefined;
  /** `nextCursor` of the page before; left out for the first. */
  readonly cursor?: string | undefined;
}

/** As `GET /v1/tracks` takes it. */
export type TrackFilter = { readonly [K in "state" | "failed" | "code" | "step"]?: string };

export interface WaitOptions extends CallOptions {
  /** How long the API waits for the track's end, in seconds; at once when left out. */
  readonly waitSec?: number | undefined;
}

/** An asset's bytes as they come. Whoever opens it reads it to its end, or destroys it. */
export interface OpenAsset {
  readonly contentType: string | undefined;
  /** Undefined where the API does not say. */
  readonly sizeBytes: number | undefined;
  /** Ends with `NoAnswer` if the connection breaks. */
  readonly body: Readable;
}

/** What a search finds, as a file. */
export interface Export extends OpenAsset {
  /** False: it was made while search went through all tracks. Some may be missing, or not be as they are. */
  readonly isComplete: boolean;
}

/** Who is told of changes by being called. What is undefined where a webhook may not be there: the API knows none with this id. */
export interface WebhookClient {
  /** The answer has the secret, which is told once: keep it. An answer that was lost may have made one: look for it, and remove it. */
  createWebhook(body: z.input<typeof WebhookRequest>, options?: CallOptions): Promise<CreatedWebhook>;
  listWebhooks(options?: CallOptions): Promise<WebhookList>;
  readWebhook(id: string, options?: CallOptions): Promise<WebhookResource | undefined>;
  changeWebhook(
    id: string,
    patch: z.input<typeof WebhookPatch>,
    options?: CallOptions,
  ): Promise<WebhookResource | undefined>;
  /** @returns whether it was there. */
  deleteWebhook(id: string, options?: CallOptions): Promise<boolean>;
  rotateWebhookSecret(
    id: string,
    body?: z.input<typeof SecretRotation>,
    options?: CallOptions,
  ): Promise<RotatedSecret | undefined>;
  testWebhook(id: string, options?: CallOptions): Promise<DeliveryReceipt | undefined>;
  /** The newest first. */
  listDeliveries(
    id: string,
    query?: Partial<DeliveryQuery>,
    options?: CallOptions,
  ): Promise<DeliveryPage | undefined>;
  replayDelivery(id: string, deliveryId: string, options?: CallOptions): Promise<DeliveryReceipt | undefined>;
  replayDeliveries(
    id: string,
    body: z.input<typeof DeliveriesReplay>,
    options?: CallOptions,
  ): Promise<ReplayedDeliveries | undefined>;
}

/** Tracks by what is known of them. */
export interface SearchClient {
  /** A page. `nextCursor` leads on in the same search alone. */
  searchTracks(query?: SearchAsked, options?: CallOptions): Promise<SearchPage>;
  /** How many tracks there are of what, among those that are as it is asked for. */
  countTracks(query?: FacetsAsked, options?: CallOptions): Promise<FacetCounts>;
  /** Tracks that are most like one; undefined if the API knows no such track. Where it has no vector, `ApiRefusal` with the code `no-vector`. */
  listSimilarTracks(
    id: string,
    query?: SimilarAsked,
    options?: CallOptions,
  ): Promise<SimilarTracks | undefined>;
  /** Tracks in an order in which they follow one another smoothly. Nothing is kept of it. */
  makePlaylist(query?: PlaylistAsked, options?: CallOptions): Promise<Playlist>;
  /** The same as a file for players: its text. */
  openPlaylist(
    query: PlaylistAsked & { readonly format: Exclude<PlaylistFormat, "json"> },
    options?: CallOptions,
  ): Promise<string>;
  /** All tracks that a search finds, as a file; `Export.body` ends with `NoAnswer` where not all came. */
  openExport(query?: ExportAsked, options?: CallOptions): Promise<Export>;
  /** What tracks can be searched for by. */
  listSearchedFacts(options?: CallOptions): Promise<SearchedFacts>;
  /** Has search made anew; `readSearchRebuild` tells when that is over. */
  rebuildSearch(options?: CallOptions): Promise<SearchRebuild>;
  readSearchRebuild(options?: CallOptions): Promise<SearchRebuild>;
}

/**
 * The API, a method for each of its operations. Every answer is checked against the contracts.
 *
 * All methods throw `ApiRefusal` for what the API refuses, `NoAnswer` where none came, `UnexpectedAnswer` for what is not in the
 * contract's form, and the signal's reason when it aborts. `mayPass` tells what is worth another try.
 */
export interface ApiClient
  extends WebhookClient,
    TakedownClient,
    UploadClient,
    SearchClient,
    CorrectionClient,
    AsyncDisposable {
  readonly apiUrl: string;

  /** Sends a file's bytes. @throws {UploadFailure} if they can't be read, or are not as many as was said. */
  postUpload(upload: Upload, options?: SubmitOptions): Promise<TrackReceipt>;
  /** Names a source that the API fetches from. */
  postSource(body: TrackFromSource, options?: SubmitOptions): Promise<TrackReceipt>;
  /** What became of each of at most `maxBatchLines` sources, in their order: see `submitBatch` for more of them. */
  postBatch(lines: readonly BatchLine[], options?: SubmitOptions): Promise<BatchOutcome[]>;
  /** How far tracks are; those that the catalog has not heard of yet are left out. At most 200 ids. */
  readProgress(ids: readonly string[], options?: CallOptions): Promise<TrackSummary[]>;
  /** A page of all tracks, the newest first. */
  readPage(page: PageQuery, filter?: TrackFilter, options?: CallOptions): Promise<TrackList>;
  /** A track with its results; undefined if the API knows no such track. */
  readTrack(id: string, options?: WaitOptions): Promise<TrackResource | undefined>;
  /** A page of what has happened to tracks, oldest first. */
  readChanges(query?: ChangesQuery, options?: CallOptions): Promise<ChangePage>;
  /** What happens to tracks, as it happens. @param since a cursor: what has happened since comes first; from now on when left out. */
  streamChanges(since?: string, options?: CallOptions): Promise<EventStream>;
  /**
   * A track as it is, and then what happens to it. Undefined if the API knows no such track.
   *
   * @param lastEventId of the stream before: what has happened since is told after the track.
   */
  streamTrack(id: string, lastEventId?: string, options?: CallOptions): Promise<EventStream | undefined>;
  /** A track's audit trail; undefined if the API knows no such track. */
  readHistory(id: string, options?: CallOptions): Promise<TrackHistory | undefined>;
  /** Sends a track through the chain again; undefined if the API knows no such track. */
  replay(id: string, body: ReplayRequest, options?: SubmitOptions): Promise<ReplayReceipt | undefined>;

  /** What a result's `asset.url` names; undefined if it is gone. */
  openAsset(url: string, options?: CallOptions): Promise<OpenAsset | undefined>;
  /** Writes what a result's `asset.url` names to a file; false if it is gone. @throws errors of the file system as they are. */
  downloadAsset(url: string, path: string, options?: CallOptions): Promise<boolean>;
  /** As `downloadAsset`, for a track's master. */
  downloadMaster(id: string, path: string, options?: CallOptions): Promise<boolean>;

  /** The same `request_id` again gives the same job. */
  postJob(job: JobRequest, options?: SubmitOptions): Promise<JobResource>;
  /** Undefined if there is none with this `request_id`. */
  readJob(requestId: string, options?: CallOptions): Promise<JobResource | undefined>;

  requestBackfill(body: BackfillRequest, options?: SubmitOptions): Promise<BackfillReceipt>;
  /** The latest ones. */
  listBackfills(options?: CallOptions): Promise<BackfillList>;
  /** Undefined if the API knows no such backfill, or not yet. */
  readBackfill(id: string, options?: CallOptions): Promise<BackfillResource | undefined>;
  /** Undefined if the API knows no such backfill, or not yet. */
  steerBackfill(
    id: string,
    action: BackfillAction,
    options?: CallOptions,
  ): Promise<BackfillReceipt | undefined>;

  sendPing(body: PingRequest, options?: SubmitOptions): Promise<PingReceipt>;
  readPing(id: string, options?: CallOptions): Promise<PingAnswers>;
  /** Builds that have made results of late; undefined if the API is too old to tell. */
  readTools(options?: CallOptions): Promise<ToolsInUse | undefined>;
  /** What the fleet makes at the time, and how each of it is to be read and shown; undefined if the API is too old to tell. */
  listKinds(options?: CallOptions): Promise<KindList | undefined>;
  /** The steps of the fleet at the time, from which its graph can be drawn; undefined if the API is too old to tell. */
  listSteps(options?: CallOptions): Promise<ChainStepList | undefined>;

  /** Makes a key, which is told this once. */
  createKey(body: KeyRequest, options?: CallOptions): Promise<NewKey>;
  /** The newest first, without what they are. */
  listKeys(options?: CallOptions): Promise<KeyList>;
  /** Withdraws a key, and where that is said those that it has made; undefined if the API knows no such key. */
  revokeKey(
    id: string,
    options?: CallOptions & { readonly withMade?: boolean },
  ): Promise<RevokedKeys | undefined>;
  /** Makes a key in the place of another one; undefined if the API knows no such key. */
  rotateKey(id: string, body?: RotateRequest, options?: CallOptions): Promise<NewKey | undefined>;
  /** Who wrote what, the newest first: a page. */
  readAudit(query?: AuditPageQuery, options?: CallOptions): Promise<AuditPage>;

  /** Every code that an outcome or a refusal can have, with what can be done. */
  listErrors(options?: CallOptions): Promise<ErrorList>;
}
