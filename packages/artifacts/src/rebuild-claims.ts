import { createHash } from "node:crypto";
import type { Names } from "@segue/chain";
import type { RequestBlock } from "@segue/contracts";
import type { ObjectStore } from "@segue/store";
import { z } from "zod";
import { createObject, readObjectAs, replaceObject } from "./json-object.ts";

const Claim = z.object({ v: z.literal(1), request: z.string(), until: z.iso.datetime() });

/** Longer than an attempt with its inputs; a request whose attempt did not end well is not waited for much longer. */
const claimMs = 30_000;

/**
 * Several branches, tracks or backfills may ask for the same expired payload at the same moment. The first to begin
 * claims its address, and the others go back to the queue until it is there: one computation serves all. A claim belongs
 * to a request and those that wait, not to a worker: whoever has its message next, after a preemption too, goes on. One small object in the
 * scratch bucket, which expires; nothing is claimed for what is computed for the first time.
 *
 * A claim saves work and decides nothing. Two that find one lapsed may both take it over, and compute the same result.
 */
export interface RebuildClaims {
  /** Takes the claim, or prolongs it. False: another request has it. */
  take(address: string, request: string, now: Date): Promise<boolean>;
}

export function createRebuildClaims(store: ObjectStore, names: Names): RebuildClaims {
  const refOf = (address: string) => ({ bucket: names.bucket("scratch"), name: `${address}.rebuild.json` });
  return {
    async take(address, request, now) {
      const until = new Date(now.getTime() + claimMs).toISOString();
      const claim: z.infer<typeof Claim> = { v: 1, request, until };
      if (await createObject(store, refOf(address), claim)) return true;
      const held = await readObjectAs(store, refOf(address), Claim);
      if (held && held.request !== request && isHolding(held, now)) return false;
      await replaceObject(store, refOf(address), claim);
      return true;
    },
  };
}

/** One that goes on for longer than any claim was taken by a worker whose clock is ahead: nobody waits for what that says. */
function isHolding({ until }: z.infer<typeof Claim>, now: Date): boolean {
  const leftMs = Date.parse(until) - now.getTime();
  return leftMs > 0 && leftMs <= claimMs;
}

/** Names who claims, for as long as that goes on: its message may come again, and its attempts hand on. @param waiting the steps that wait for it. */
export function claimantOf({ requestId }: RequestBlock, waiting: readonly string[]): string {
  return createHash("sha256")
    .update(JSON.stringify([requestId, waiting]))
    .digest("hex");
}
