import type { Names } from "@segue/chain";
import {
  type BackfillEnded,
  type BackfillRequested,
  type BackfillSteered,
  backfillObjectName,
} from "@segue/contracts";
import type { ObjectStore } from "@segue/store";
import { createObject } from "./json-object.ts";

/** What was said of backfills, as objects: what was promised, whatever becomes of queue and database. */
export interface BackfillObjects {
  /** Create-only: of two that say the same the first wins. */
  create(said: BackfillRequested | BackfillSteered | BackfillEnded): Promise<void>;
}

export function createBackfillObjects(store: ObjectStore, names: Names): BackfillObjects {
  return {
    async create(said) {
      await createObject(store, { bucket: names.bucket("records"), name: nameOf(said) }, said);
    },
  };
}

function nameOf(said: BackfillRequested | BackfillSteered | BackfillEnded): string {
  switch (said.type) {
    case "BackfillRequested":
      return backfillObjectName(said.backfillId, "requested");
    case "BackfillSteered":
      return backfillObjectName(said.backfillId, { steeredAt: said.at });
    case "BackfillEnded":
      return backfillObjectName(said.backfill.backfillId, "ended");
  }
}
