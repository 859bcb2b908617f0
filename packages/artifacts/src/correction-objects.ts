import type { Names } from "@segue/chain";
import { Correction, correctionObjectName } from "@segue/contracts";
import type { ObjectStore } from "@segue/store";
import { createOrRead, readObjectAs } from "./json-object.ts";

/** What people have said of tracks, as objects, one after the other: the catalog's database is made anew from them, and whoever writes one can write over none. */
export interface CorrectionObjects {
  /** Create-only; returns what holds under its number, which is another's if another came first. */
  create(correction: Correction): Promise<Correction>;
  /** All of a track's, oldest first: a read for each, and one that finds none. */
  walk(trackId: string): AsyncGenerator<Correction, void>;
}

export function createCorrectionObjects(store: ObjectStore, names: Names): CorrectionObjects {
  const bucket = names.bucket("records");
  const refOf = (trackId: string, number: number) => ({
    bucket,
    name: correctionObjectName(trackId, number),
  });
  return {
    create: (correction) =>
      createOrRead(store, refOf(correction.trackId, correction.number), Correction, correction),
    async *walk(trackId) {
      for (let number = 1; ; number++) {
        const found = await readObjectAs(store, refOf(trackId, number), Correction);
        if (!found) return;
        yield found;
      }
    },
  };
}
