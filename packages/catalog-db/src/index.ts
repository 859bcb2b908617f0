export { type AuditWanted, forgetAudit, insertAudit, readAudit, type StoredAuditEntry } from "./api/audit.ts";
export {
  insertKey,
  type KeyToKeep,
  listKeys,
  noteKeysUsed,
  readKeys,
  revokeKey,
  rotateKey,
  type StoredKey,
} from "./api/keys.ts";
export { readMissingRights } from "./api/rights.ts";
export { type Charge, chargeTrack, forgetUsage, readUsage, refundTrack, type Usage } from "./api/usage.ts";
export { type Client, type ConnectOptions, connect, type Pool } from "./connect.ts";
export {
  type KeptCorrection,
  keepCorrection,
  listCorrected,
  readCorrections,
} from "./corrections/correction-rows.ts";
export type { HoldingCorrection, StoredCorrection } from "./corrections/stored-correction.ts";
export { countOpenTracks, type OpenTrackCount } from "./count-open-tracks.ts";
export { describeOutage, isContention, isDataError, isTooMuchAtOnce, readSqlState } from "./errors.ts";
export {
  artifactsSql,
  FoundArtifacts,
  keptArtifacts,
  keptRows,
  unpackFound,
} from "./kept-artifacts.ts";
export { MigrationError, migrate } from "./migrate.ts";
export { packFacts, unpackFacts } from "./pack-facts.ts";
export {
  type ArtifactState,
  holdsOver,
  mergeArtifacts,
  packArtifacts,
} from "./packed/pack-artifacts.ts";
export { PackedRowsError } from "./packed/pack-tables.ts";
export { type PackedTrack, packTrack, unpackTrack } from "./packed/pack-track.ts";
export { readBackfills, type StoredBackfill } from "./read-backfills.ts";
export { type ChangesWanted, type ReadChanges, readChanges, type StoredChange } from "./read-changes.ts";
export { readHistory, type StoredAttempt } from "./read-history.ts";
export { readPayload } from "./read-payload.ts";
export { readPing } from "./read-ping.ts";
export {
  isDeleted,
  listTakedowns,
  type Refusal,
  readReceiptKeys,
  readRefusal,
  readTakedown,
  type StoredTakedown,
  type TakedownsWanted,
} from "./read-takedowns.ts";
export { readTools } from "./read-tools.ts";
export { listTracks, readTrack, readTracks, readWholeTracks, type TrackFilter } from "./read-tracks.ts";
export type { ArtifactRow, AttemptRow, KeptArtifact, RequestRow } from "./rows.ts";
export type { SearchCondition, WantedKeyword } from "./search/conditions.ts";
export { countFacets, type FacetCounts } from "./search/count-facets.ts";
export { indexedOf, ownTitles } from "./search/indexed-of.ts";
export { metadataLexeme, textLexeme } from "./search/lexemes.ts";
export {
  type Candidate,
  type CandidatesWanted,
  type MixFacts,
  readCandidate,
  readCandidates,
} from "./search/read-candidates.ts";
export { bandFactOf, bandOf } from "./search/score-bands.ts";
export { readSearchFacts, type SearchFact } from "./search/search-facts.ts";
export { askForRebuild, readSearchProgress, type SearchProgress } from "./search/search-progress.ts";
export { type Cells, readCells, readSpaces, type SearchSpace } from "./search/search-spaces.ts";
export {
  type SearchHit,
  type SearchOrder,
  type SearchPlace,
  type SearchWanted,
  searchTracks,
} from "./search/search-tracks.ts";
export {
  type SimilarFound,
  type SimilarHit,
  type SimilarWanted,
  similarTracks,
} from "./search/similar-tracks.ts";
export {
  type Centres,
  nearestCell,
  nearness,
  packVector,
  readCentres,
  writeCentres,
} from "./search/vectors.ts";
export { toStorable, toStorableJson, toStorableText } from "./storable-json.ts";
export {
  type StoredOutcome,
  type StoredResult,
  StoredTrack,
  type TrackState,
  trackStates,
} from "./stored-track.ts";
export {
  inTransaction,
  literal,
  type Row,
  type TransactionLimits,
  transact,
  withText,
} from "./transaction.ts";
export { createDeliveryLog, type DeliveryLog, type LoggedDelivery } from "./webhooks/delivery-log.ts";
export {
  type ClaimedDelivery,
  createDeliveryQueue,
  type DeliveriesDue,
  type DeliveryQueue,
  type DeliveryVerdict,
  type SentOnce,
} from "./webhooks/delivery-queue.ts";
export { forgetDeliveries } from "./webhooks/forget-deleted.ts";
export {
  createWebhookRows,
  type NewWebhook,
  type StoredWebhook,
  type WebhookChange,
  type WebhookRef,
  type WebhookRows,
} from "./webhooks/webhook-rows.ts";
