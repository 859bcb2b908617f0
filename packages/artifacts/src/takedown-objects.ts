import type { Names } from "@segue/chain";
import { type TakedownEnd, TakedownEnded, TakedownRequested, takedownObjectName } from "@segue/contracts";
import type { ObjectStore } from "@segue/store";
import { createdAt, createOrRead, readObjectAs } from "./json-object.ts";

/** That something was to go, and the receipts that it has, as objects: a catalog that is made anew does not bring back what was deleted. */
export interface TakedownObjects {
  /** Create-only. @returns when it came to be, by storage's clock. */
  create(requested: TakedownRequested): Promise<Date>;
  readRequested(takedownId: string): Promise<TakedownRequested | undefined>;
  /** Create-only; returns what holds: of two that prove the same at one moment the first. */
  createEnd(ended: TakedownEnded & { readonly stage: TakedownEnd }): Promise<TakedownEnded>;
  readEnd(takedownId: string, stage: TakedownEnd): Promise<TakedownEnded | undefined>;
}

export function createTakedownObjects(store: ObjectStore, names: Names): TakedownObjects {
  const bucket = names.bucket("records");
  const refOf = (id: string, what: "requested" | TakedownEnd) => ({
    bucket,
    name: takedownObjectName(id, what),
  });
  return {
    create: (requested) => createdAt(store, refOf(requested.takedownId, "requested"), requested),
    readRequested: (id) => readObjectAs(store, refOf(id, "requested"), TakedownRequested),
    createEnd: (ended) => createOrRead(store, refOf(ended.takedownId, ended.stage), TakedownEnded, ended),
    readEnd: (id, stage) => readObjectAs(store, refOf(id, stage), TakedownEnded),
  };
}
