/**
 * Changes as server-sent events, for as long as the client stays:
 *
 *   head --- what was missed ---> wait --- something has happened ---> events ---> wait ...
 *                                  | nothing for a while: a comment, so that nobody takes the connection for dead
 *                                  | it has lived long enough: the place where it is, and the end; the client comes back and is told what follows
 *                                  | the API drains: the end; the client comes back with the id of the last event it got
 *
 * An event's id is the change's cursor. A client that does not read holds up nobody, and is cut after a while.
 */
import type { ReadChanges, StoredChange } from "@segue/catalog-db";
import { ProblemError } from "../problem-error.ts";
import { abortAfter, pause } from "./abort-after.ts";
import { encodePlace, type FeedPlace, requireKept } from "./feed-place.ts";
import type { WaitedFor } from "./feed-waiters.ts";
import { type ChangeSource, describeChange } from "./read-change-page.ts";

/** Read at once. */
const atOnce = 100;
/** A client that has lost its connection comes back after so long, in ms. */
const retryMs = 2_000;

/** Lives differ by so much of their length: streams that began together don't come back together. */
const lifeJitter = 0.1;

export interface StreamPaces {
  /** Without an event a comment is sent so often, in ms. */
  readonly heartbeatMs: number;
  /** A client that has taken nothing for so long is cut, in ms. */
  readonly stallMs: number;
  /** A stream ends after about so long, in ms. */
  readonly lifeMs: number;
}
export const streamPaces: StreamPaces = { heartbeatMs: 15_000, stallMs: 60_000, lifeMs: 1_800_000 };

export interface StreamOptions {
  readonly feed: ChangeSource & {
    waitBehind(place: FeedPlace, signal: AbortSignal, of: WaitedFor): Promise<FeedPlace>;
  };
  /** Ends the stream. */
  readonly signal: AbortSignal;
  readonly trackId?: string | undefined;
  /** Only what happens to this owner's tracks. */
  readonly owner: string;
  /** Where it begins: what is behind it is told. */
  readonly place: FeedPlace;
  /** Sent before all else: of the place that it begins with. */
  readonly first?: { readonly event: string; readonly data: object } | undefined;
  readonly paces: StreamPaces;
  /** The client takes nothing. */
  onStall(): void;
}

/** The text of an event. */
export function formatEvent(event: {
  readonly id: string;
  readonly event?: string;
  readonly data: object;
}): string {
  const name = event.event === undefined ? "" : `event: ${event.event}\n`;
  // JSON has no line breaks.
  return `${name}id: ${event.id}\ndata: ${JSON.stringify(event.data)}\n\n`;
}

/** Of changes that were read for all who stream, each is put into words once. */
const texts = new WeakMap<StoredChange, string>();

function textOf(stored: StoredChange, epoch: string): string {
  const known = texts.get(stored);
  if (known !== undefined) return known;
  const change = describeChange(stored, epoch);
  const text = formatEvent({ id: change.cursor, data: change });
  texts.set(stored, text);
  return text;
}

export async function* streamChanges(options: StreamOptions): AsyncGenerator<string> {
  const { signal, paces, onStall } = options;
  const life = abortAfter(paces.lifeMs * (1 + lifeJitter * (2 * Math.random() - 1)), signal);
  try {
    for await (const text of eventsOf({ ...options, signal: life.signal })) {
      const stall = setTimeout(onStall, paces.stallMs);
      try {
        yield text;
      } finally {
        clearTimeout(stall);
      }
      if (signal.aborted) return;
    }
  } finally {
    life.release();
  }
}

/** A place and nothing that has happened there: a client keeps it for when it comes back, and shows nothing. */
function formatPlace(place: FeedPlace): string {
  return `id: ${encodePlace(place)}\n\n`;
}

async function* eventsOf({
  feed,
  signal,
  trackId,
  owner,
  first,
  paces,
  ...begin
}: StreamOptions): AsyncGenerator<string> {
  let { place } = begin;
  const of = { trackId, owner };
  // Whoever comes back before anything has happened comes back to this place.
  yield `retry: ${retryMs}\n${first ? "\n" : formatPlace(place)}`;
  if (first) yield formatEvent({ id: encodePlace(place), ...first });
  while (!signal.aborted) {
    const read = await readBehind(feed, place, of);
    // What was missed is not kept any more, or the feed was begun anew: whoever comes back is told so.
    if (read === "expired") return;
    if (read === undefined) {
      yield ": changes can't be read now\n\n";
      await pause(signal);
      continue;
    }
    const { epoch } = place;
    if (read.changes.length > 0) yield read.changes.map((change) => textOf(change, epoch)).join("");
    // Of a track that is there no more nothing else happens: whoever comes back is told that it is gone.
    if (trackId !== undefined && read.changes.some(({ type }) => type === "track.deleted")) return;
    const isWhole = read.changes.length < atOnce;
    place = { epoch, number: isWhole ? read.last : (read.changes.at(-1)?.number ?? read.last) };
    if (!isWhole) continue;
    const heartbeat = abortAfter(paces.heartbeatMs, signal);
    place = await feed.waitBehind(place, heartbeat.signal, of);
    heartbeat.release();
    if (heartbeat.isLate()) yield ":\n\n";
  }
  yield formatPlace(place);
}

/** Undefined: they can't be read now. */
async function readBehind(
  feed: ChangeSource,
  place: FeedPlace,
  of: WaitedFor,
): Promise<ReadChanges | "expired" | undefined> {
  try {
    const read = await feed.changes({ after: place.number, epoch: place.epoch, limit: atOnce, ...of });
    requireKept(place, read);
    return read;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return error.problem === "cursor-expired" ? "expired" : undefined;
  }
}
