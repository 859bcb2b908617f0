import type { Names } from "@segue/chain";
import {
  type BackfillEnded,
  type BackfillRequested,
  type BackfillSteered,
  backfillObjectName,
  readSteeredMs,
  steeredPrefix,
} from "@segue/contracts";
import type { ObjectStore } from "@segue/store";
import { createObject } from "./json-object.ts";

/** What was said of backfills, as objects: what was promised, whatever becomes of queue and database. */
export interface BackfillObjects {
  /** Create-only: of two that say the same the first wins. */
  create(said: BackfillRequested | BackfillSteered | BackfillEnded): Promise<void>;
  /** Keeps an order as later than all that are kept: an API whose clock is ahead may have given one. @returns it with its time. */
  steer(order: BackfillSteered): Promise<BackfillSteered>;
}

export function createBackfillObjects(store: ObjectStore, names: Names): BackfillObjects {
  const bucket = names.bucket("records");
  const lastSteeredMs = async (backfillId: string) => {
    let lastMs = 0;
    for await (const { name } of store.walkObjects({ bucket, prefix: steeredPrefix(backfillId) }))
      lastMs = Math.max(lastMs, readSteeredMs(name) ?? 0);
    return lastMs;
  };
  return {
    async create(said) {
      await createObject(store, { bucket, name: nameOf(said) }, said);
    },
    async steer(order) {
      for (;;) {
        const lastMs = await lastSteeredMs(order.backfillId);
        const at = new Date(Math.max(Date.parse(order.at), lastMs + 1)).toISOString();
        const steered = { ...order, at };
        // Another one that was given at the same moment comes before it.
        if (await createObject(store, { bucket, name: nameOf(steered) }, steered)) return steered;
      }
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
