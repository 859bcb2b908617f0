export { hasEnded } from "@segue/contracts";
export type {
  ApiClient,
  AuditPageQuery,
  CallOptions,
  ChangesQuery,
  Export,
  ExportAsked,
  FacetsAsked,
  OpenAsset,
  PageQuery,
  PlaylistAsked,
  SearchAsked,
  SearchClient,
  SimilarAsked,
  SubmitOptions,
  TrackFilter,
  Upload,
  WaitOptions,
  WebhookClient,
} from "./api-client.ts";
export { ApiRefusal, mayPass, NoAnswer, UnexpectedAnswer, UploadFailure } from "./api-errors.ts";
export { type Clock, realClock } from "./clock.ts";
export type { ConnectionOptions } from "./connection.ts";
export type { CorrectionClient, CorrectionsAsked } from "./correction-client.ts";
export { createApiClient } from "./create-api-client.ts";
export { type FollowChangesOptions, followChanges } from "./follow-changes.ts";
export { createFollower, type Follower, type FollowOptions } from "./follow-tracks.ts";
export { identifyApi } from "./identify-api.ts";
export type { EventStream, StreamedEvent } from "./read-events.ts";
export { type SubmitBatchOptions, submitBatch } from "./submit-batch.ts";
export { type RepeatableUpload, type SubmitUploadOptions, submitUpload } from "./submit-upload.ts";
export type { TakedownClient } from "./takedown-client.ts";
export type { SentPart, UploadClient } from "./upload-client.ts";
export {
  type FileParts,
  openFileParts,
  type UploadDetails,
  type UploadResumableOptions,
  uploadResumable,
} from "./upload-resumable.ts";
export { ReceiptRefusal, verifyReceipt } from "./verify-receipt.ts";
export {
  type VerifyOptions,
  verifyWebhook,
  type WebhookEvent,
  type WebhookHeaders,
  WebhookRefusal,
} from "./verify-webhook.ts";
export { waitForTrack } from "./wait-for-track.ts";
export { type Page, walkPages } from "./walk-pages.ts";
export { walkSearch } from "./walk-search.ts";
export { walkTracks } from "./walk-tracks.ts";
export { type WhenEndedOptions, whenEnded } from "./when-ended.ts";
