export { type Amendments, createAmendments } from "./amendments.ts";
export { type Artifacts, createArtifacts, fromStoreError } from "./artifacts.ts";
export { type BackfillObjects, createBackfillObjects } from "./backfill-objects.ts";
export {
  type Checkpoints,
  createCheckpoints,
  type MadePieces,
  type Moved,
  type NumberedResumption,
  runName,
  type Share,
} from "./checkpoints.ts";
export { claimStorage, refuseForeignStorage } from "./claim-storage.ts";
export { type CorrectionObjects, createCorrectionObjects } from "./correction-objects.ts";
export { createDeletions, type DeletedTrack, type Deletions, deletedClaim } from "./deletions.ts";
export { createFetchObjects, type FetchObjects } from "./fetch-objects.ts";
export { findRecord, holdingOf } from "./find-record.ts";
export { followRecord } from "./follow-record.ts";
export { createHolds, type Hold, type HoldKey, type Holds, pausesMs } from "./holds.ts";
export { isNoJson, unlessUnreadable } from "./is-unreadable.ts";
export { createObject, createOrRead, readObjectAs } from "./json-object.ts";
export { createLedgers, type Ledger, type LedgerAsRead, type LedgerEntry, type Ledgers } from "./ledgers.ts";
export {
  artifactRecords,
  type FoundRecord,
  findAmong,
  findOwnRecord,
  recordName,
  recordOfOutput,
} from "./outputs.ts";
export type { StoredPayload } from "./payloads.ts";
export { claimantOf, createRebuildClaims, type RebuildClaims } from "./rebuild-claims.ts";
export { walkWithPayloads } from "./record-with-payload.ts";
export { createRequestObjects, type RequestObjects } from "./request-objects.ts";
export { addSpent, attemptFrom, runMs, type Spent, unknownSpent } from "./spent.ts";
export { createStories, type Stories, type Story, type StoryKey } from "./stories.ts";
export { createTakedownObjects, type TakedownObjects } from "./takedown-objects.ts";
export { createTrackObjects, type TrackObjects } from "./track-objects.ts";
export {
  createUploadObjects,
  findUploadedFile,
  type OpenUpload,
  type UploadEnd,
  type UploadObjects,
} from "./upload-objects.ts";
export { type KeptEntry, type LedgerInUse, withLedger } from "./with-ledger.ts";
