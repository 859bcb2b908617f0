import type { Pool } from "@segue/catalog-db";
import { lowestTrackId, readTrackObjectName, TrackAccepted, trackObjectPrefixes } from "@segue/contracts";
import type { ServerContext } from "@segue/step";
import type { ObjectStore } from "@segue/store";
import { applyFacts } from "../apply-facts.ts";
import { acceptedFacts } from "../facts-of.ts";
import { mergeFacts } from "../rows.ts";
import type { EventKind, Watches } from "./watches.ts";

const batchTracks = 500;

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
  const { watches, store, names, pool, chain, log } = options;
  const unknown = await watches.findUnknown(ids);
  for (const id of unknown) {
    const name = `${prefix}${id}.track.json`;
    const track = TrackAccepted.safeParse(await store.readJson({ bucket: names.bucket("records"), name }));
    if (!track.success) {
      log.warn({ name, error: track.error }, "an object is no track although it is named so");
      continue;
    }
    await applyFacts(pool, chain, mergeFacts([acceptedFacts(track.data)]));
    log.warn({ track: id }, "an accepted track was unknown to the catalog");
    await watches.addEvent(id, options.now(), "found-in-storage", "the catalog had not heard of it");
    options.onEvent("found-in-storage");
  }
}
