import type { Names } from "@segue/chain";
import { TrackAccepted, trackObjectName } from "@segue/contracts";
import type { ObjectStore } from "@segue/store";
import { createObject, readObjectAs } from "./json-object.ts";

/** Accepted tracks as objects: what was promised to clients, whatever becomes of queue and database. */
export interface TrackObjects {
  read(trackId: string): Promise<TrackAccepted | undefined>;
  /** Create-only: of two writers the first wins. */
  create(track: TrackAccepted): Promise<void>;
}

export function createTrackObjects(store: ObjectStore, names: Names): TrackObjects {
  const refOf = (trackId: string) => ({ bucket: names.bucket("records"), name: trackObjectName(trackId) });
  return {
    read: (trackId) => readObjectAs(store, refOf(trackId), TrackAccepted),
    async create(track) {
      await createObject(store, refOf(track.trackId), track);
    },
  };
}
