/**
 * Where a request's artifacts are that are not where they were planned. During a deployment, or after a rollback, the worker
 * that makes one of a join's inputs may be of another release than whoever made the plan, and than the join's worker: its result
 * lies at an address that neither can reckon. It says so in what it announces; but if another input is missing then, nobody tells again
 * when that one comes. So it notes the address, in the scratch bucket, before it announces; and a join that misses an input
 * looks there before it gives up. Of two inputs that come at the same moment at least one handler sees both, as ever. Nothing is
 * written where plan and workers agree.
 */
import { createHash } from "node:crypto";
import type { Names } from "@segue/chain";
import { Address } from "@segue/contracts";
import type { ObjectStore } from "@segue/store";
import { z } from "zod";
import { readObjectAs, replaceObject } from "./json-object.ts";

const Amendment = z.object({ v: z.literal(1), address: Address });

export interface Amendments {
  note(key: AmendmentKey, address: string): Promise<void>;
  /** The last that was noted. */
  find(key: AmendmentKey): Promise<string | undefined>;
}

export interface AmendmentKey {
  readonly requestId: string;
  readonly kind: string;
}

/** Of the object that a note is kept in. */
export function amendmentName({ requestId, kind }: AmendmentKey): string {
  return `${createHash("sha256").update(`${requestId}/${kind}`).digest("hex")}.amended.json`;
}

export function createAmendments(store: ObjectStore, names: Names): Amendments {
  const refOf = (key: AmendmentKey) => ({ bucket: names.bucket("scratch"), name: amendmentName(key) });
  return {
    note: (key, address) => replaceObject(store, refOf(key), { v: 1, address }),
    find: async (key) => (await readObjectAs(store, refOf(key), Amendment))?.address,
  };
}
