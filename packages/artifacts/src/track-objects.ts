import type { Names } from "@segue/chain";
import { TrackAccepted, trackObjectName } from "@segue/contracts";
import type { ObjectStore } from "@segue/store";
import { createdAt, readObjectAs } from "./json-object.ts";

/** Accepted tracks as objects: what was promised to clients, whatever becomes of queue and database. */
export interface TrackObjects {
  read(trackId: string): Promise<TrackAccepted | undefined>;
  /** Create-only: of two writers the first wins. @returns when it came to be, by storage's clock. */
  create(track: TrackAccepted): Promise<Date>;
}

export function createTrackObjects(store: ObjectStore, names: Names): TrackObjects {
  const refOf = (trackId: string) => ({ bucket: names.bucket("records"), name: trackObjectName(trackId) });
  return {
    read: (trackId) => readObjectAs(store, refOf(trackId), TrackAccepted),
    create: (track) => createdAt(store, refOf(track.trackId), track),
  };
}
