/** How objects in the records bucket are named. Names lead with a hash, so that writes spread over the key space. */

import { createHash } from "node:crypto";
import { TrackId } from "./ids.ts";
import type { Request } from "./request.ts";

const trackSuffix = ".track.json";
const requestSuffix = ".request.json";
const backfillSuffix = ".backfill.json";
const takedownSuffix = ".takedown.json";
const letterSuffix = ".letter.json";
/** Of a UUID as text. */
const idLength = 36;

/** What the names of all that clients ask for start with, taken together: so many series, each in the order of the ids. */
export const seriesPrefixes: readonly string[] = Array.from("0123456789abcdef", (digit) => `${digit}-`);

/** The one that an object is in, by the id that its name begins with. */
function seriesOf(id: string): string {
  return `${digestOf(id).slice(0, 1)}-`;
}

function digestOf(id: string): string {
  return createHash("sha256").update(id).digest("hex");
}

/** The object that keeps an accepted track. */
export function trackObjectName(trackId: string): string {
  return `${seriesOf(trackId)}${trackId}${trackSuffix}`;
}

/**
 * The object that keeps a request that did not come with its track. What somebody asked for sorts among the tracks, by when that was:
 * whoever looks for what is new looks for both at once. A backfill's items, which may be millions and all of one time, lie elsewhere.
 */
export function requestObjectName({
  requestId,
  trackId,
  cause,
}: Pick<Request, "requestId" | "trackId" | "cause">): string {
  const lead = cause === "backfill" ? `${digestOf(requestId).slice(0, 4)}.` : seriesOf(requestId);
  return `${lead}${requestId}.${trackId}${requestSuffix}`;
}

/** The object that tells which master a track has whose source was fetched: of two fetches the first holds. */
export function fetchedObjectName(trackId: string): string {
  return `${trackObjectsPrefix(trackId)}fetched.json`;
}

/** The object that tells that a fetch for a request has failed for good. */
export function unfetchedObjectName({ requestId, trackId }: Pick<Request, "requestId" | "trackId">): string {
  return `${trackObjectsPrefix(trackId)}${requestId}.unfetched.json`;
}

/** The object that keeps a source's whole URL while it is needed, where readers see less of it. */
export function sourceObjectName(trackId: string): string {
  return `${trackObjectsPrefix(trackId)}source.json`;
}

/** What the names begin with, in the uploads bucket, of what is known of uploads that are no tracks yet. */
export const openUploadsPrefix = "open/";
/** The same of their bytes. */
export const uploadedFilesPrefix = "files/";

/** The object that keeps what is known of an upload, until it is a track. It has the track's id. */
export function openUploadName(trackId: string): string {
  return `${openUploadsPrefix}${trackId}.json`;
}

/** The object that a client writes, until it is fetched. */
export function uploadedFileName(trackId: string): string {
  return `${uploadedFilesPrefix}${trackId}`;
}

/** Of which upload an object is, as its name tells; undefined for others. */
export function readUploadName(name: string): string | undefined {
  return TrackId.safeParse(/^[^/]*\/([^.]*)/.exec(name)?.[1]).data;
}

/** What an uploaded object says of itself, as metadata: the SHA-256 that its sender has announced. */
export const announcedSha256Key = "segue-announced-sha256";

/** The objects that keep what was said of a backfill: that it was asked for, how it was steered, how it ended. */
export function backfillObjectName(
  backfillId: string,
  what: "requested" | "ended" | { readonly steeredAt: string },
): string {
  const said = typeof what === "string" ? what : `steered-${Date.parse(what.steeredAt)}`;
  return `${seriesOf(backfillId)}${backfillId}.${said}${backfillSuffix}`;
}

/** What the names of the orders that were given to a backfill start with. */
export function steeredPrefix(backfillId: string): string {
  return `${seriesOf(backfillId)}${backfillId}.steered-`;
}

/** When an order was given, in ms since the epoch, as the name of its object tells; undefined for others. */
export function readSteeredMs(name: string): number | undefined {
  const ms = /\.steered-(\d+)\.backfill\.json$/.exec(name)?.[1];
  return ms === undefined ? undefined : Number(ms);
}

/** The objects that keep what an owner's own name for something stands for: a request that came under a key, its answer, a job. @param digest of `digestFor`. */
export function keyedObjectName(digest: string, what: "request" | "answer" | "job"): string {
  return `${digest}.${what}.json`;
}

/** What may be said of a takedown in the end. */
export type TakedownEnd = "removed" | "final" | "declined";

/** The objects that keep that a takedown was asked for, and the receipts of how it ended. */
export function takedownObjectName(takedownId: string, what: "requested" | TakedownEnd): string {
  // A release from before takedowns passes over what says that something has ended.
  const said = what === "requested" ? what : `${what}.ended`;
  return `${seriesOf(takedownId)}${takedownId}.${said}${takedownSuffix}`;
}

/** What the names of the objects of a track begin with that are in no series: how its fetches ended, its source, and what the queue gave up on. */
export function trackObjectsPrefix(trackId: string): string {
  return `${digestOf(trackId).slice(0, 4)}.${trackId}.`;
}

const correctionSuffix = ".correction.json";

/** The object that keeps a person's correction. @param number of the track's, from 1 on. */
export function correctionObjectName(trackId: string, number: number): string {
  return `${trackObjectsPrefix(trackId)}${number}${correctionSuffix}`;
}

export function isCorrectionObjectName(name: string): boolean {
  return name.endsWith(correctionSuffix);
}

/** The object that keeps a message that the queue gave up on. @param trackId null: it is of none that is known. */
export function letterObjectName(messageId: string, trackId: string | null): string {
  return `${trackId === null ? "" : trackObjectsPrefix(trackId)}${digestOf(messageId)}${letterSuffix}`;
}

export function isLetterObjectName(name: string): boolean {
  return name.endsWith(letterSuffix);
}

/** What a master that was fetched says of itself, as metadata: the track that it was last brought for. */
export const broughtForKey = "segue-brought-for";

const ledgerSuffix = ".ledger.json";

/** The object that keeps records of a master's artifacts together. */
export function ledgerObjectName(master: string): string {
  return `${master}${ledgerSuffix}`;
}

/** Whose ledger an object is, as its name tells; undefined for others. */
export function readLedgerName(name: string): string | undefined {
  return name.endsWith(ledgerSuffix) ? name.slice(0, -ledgerSuffix.length) : undefined;
}

/** What an object keeps, as its name tells; undefined for records and others. */
export function readAskedName(name: string): "track" | "request" | "backfill" | "takedown" | undefined {
  // What an `Idempotency-Key` was used for is called a request too.
  if (/^[0-9a-f]{64}\./.test(name)) return undefined;
  if (name.endsWith(trackSuffix)) return "track";
  if (name.endsWith(requestSuffix)) return "request";
  if (name.endsWith(takedownSuffix)) return "takedown";
  return name.endsWith(backfillSuffix) ? "backfill" : undefined;
}

/** The id that an object of a series is sorted by; undefined where its name is not of that form. */
export function readSortingId(name: string): string | undefined {
  return TrackId.safeParse(name.slice(2, 2 + idLength)).data;
}

/** Of a request in a series, whose track it is about; undefined where its name is not of that form. */
export function readAskingTrack(name: string): string | undefined {
  const start = 2 + idLength + 1;
  return TrackId.safeParse(name.slice(start, start + idLength)).data;
}

/** No track accepted at that instant or later has a lower id (UUIDs of version 7 begin with the milliseconds). */
export function lowestTrackId(at: Date): string {
  const hex = at.getTime().toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}

/** When a track was accepted, in ms since the epoch, as its id tells. */
export function acceptedAtMs(trackId: string): number {
  return Number.parseInt(trackId.slice(0, 8) + trackId.slice(9, 13), 16);
}
