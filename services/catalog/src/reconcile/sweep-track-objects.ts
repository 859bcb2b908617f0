import type { Pool } from "@segue/catalog-db";
import { lowestTrackId, readTrackObjectName, TrackAccepted, trackObjectPrefixes } from "@segue/contracts";
import type { ServerContext } from "@segue/step";
import type { ObjectStore } from "@segue/store";
import { applyFacts } from "../apply-facts.ts";
import { acceptedFacts } from "../facts-of.ts";
import { mergeFacts } from "../rows.ts";
import type { EventKind, Watches } from "./watches.ts";

const batchTracks = 500;
/** Of a database that was made anew, all are unknown: they are read side by side, and committed together. */
const readAtOnce = 50;

export interface SweepOptions extends Pick<ServerContext, "chain" | "names" | "log"> {
  readonly store: ObjectStore;
  readonly pool: Pool;
  readonly watches: Watches;
  onEvent(kind: EventKind): void;
  now(): Date;
}

/**
 * Tells the catalog of accepted tracks that it has not heard of: those whose object was written, and whose announcement
 * was not. They are open tracks from then on, and repaired as such.
 */
export async function sweepTrackObjects(
  options: SweepOptions,
  { from, to }: { readonly from: Date; readonly to: Date },
): Promise<void> {
  const bucket = options.names.bucket("records");
  const end = lowestTrackId(to);
  let ids: string[] = [];
  for (const prefix of trackObjectPrefixes) {
    const startAfter = `${prefix}${lowestTrackId(from)}`;
    for await (const { name } of options.store.walkObjects({ bucket, prefix }, { startAfter })) {
      const id = readTrackObjectName(name);
      if (id !== undefined && id >= end) break;
      if (id !== undefined) ids.push(id);
      if (ids.length >= batchTracks) {
        await introduce(options, prefix, ids);
        ids = [];
      }
    }
    if (ids.length > 0) await introduce(options, prefix, ids);
    ids = [];
  }
}

async function introduce(options: SweepOptions, prefix: string, ids: readonly string[]): Promise<void> {
  const unknown = await options.watches.findUnknown(ids);
  for (let from = 0; from < unknown.length; from += readAtOnce)
    await introduceSome(options, prefix, unknown.slice(from, from + readAtOnce));
}

async function introduceSome(options: SweepOptions, prefix: string, ids: readonly string[]): Promise<void> {
  const { watches, pool, chain, log } = options;
  const read = await Promise.all(ids.map((id) => readAccepted(options, `${prefix}${id}.track.json`)));
  const tracks = read.filter((track) => track !== undefined);
  await applyFacts(pool, chain, mergeFacts(tracks.map(acceptedFacts)));
  // They are old: the walk over those that were never looked at may be past them.
  const now = options.now();
  const watched = tracks.map(({ trackId: id }) => ({ id, announcedAgain: 0, endedSteps: [] }));
  await watches.postpone(watched, now, now);
  for (const { trackId } of tracks) {
    log.warn({ track: trackId }, "an accepted track was unknown to the catalog");
    await watches.addEvent(trackId, options.now(), "found-in-storage", "the catalog had not heard of it");
    options.onEvent("found-in-storage");
  }
}

async function readAccepted(
  { store, names, log }: SweepOptions,
  name: string,
): Promise<TrackAccepted | undefined> {
  const track = TrackAccepted.safeParse(await store.readJson({ bucket: names.bucket("records"), name }));
  if (track.success) return track.data;
  log.warn({ name, error: track.error }, "an object is no track although it is named so");
  return undefined;
}
