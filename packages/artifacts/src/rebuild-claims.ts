import { createHash } from "node:crypto";
import type { Names } from "@segue/chain";
import type { Pieces, RequestBlock } from "@segue/contracts";
import type { ObjectStore } from "@segue/store";
import { z } from "zod";
import { rewriteObject } from "./rewrite-object.ts";

const Claim = z.object({ v: z.literal(1), request: z.string(), until: z.iso.datetime() });

/** Longer than an attempt with its inputs; a request whose attempt did not end well is not waited for much longer. */
const claimMs = 30_000;

/**
 * Several branches, tracks or backfills may ask for the same expired payload at the same moment. The first to begin
 * claims its address, and the others go back to the queue until it is there: one computation serves all. A claim belongs
 * to a request and those that wait, not to a worker: whoever has its message next, after a preemption too, goes on. One small object in the
 * scratch bucket, which expires; nothing is claimed for what is computed for the first time.
 *
 * A claim saves work and decides nothing. It outlives the work, so that whoever has looked before the payload was there does not begin; it
 * goes with the payload.
 */
export interface RebuildClaims {
  /** Takes the claim, or prolongs it. False: another request has it. */
  take(address: string, request: string, now: Date): Promise<boolean>;
  /** The payload has been deleted: whoever needs it next begins at once. */
  drop(address: string): Promise<void>;
}

export function createRebuildClaims(store: ObjectStore, names: Names): RebuildClaims {
  const refOf = (address: string) => ({ bucket: names.bucket("scratch"), name: `${address}.rebuild.json` });
  return {
    async take(address, request, now) {
      const until = new Date(now.getTime() + claimMs).toISOString();
      const claim: z.infer<typeof Claim> = { v: 1, request, until };
      const holds = await rewriteObject(store, refOf(address), Claim, (held) =>
        held && held.request !== request && isHolding(held, now) ? held : claim,
      );
      return holds.request === request;
    },
    async drop(address) {
      await store.deleteObject(refOf(address));
    },
  };
}

/**
 * One that goes on for much longer than any claim was taken by a worker whose clock is ahead: nobody waits for what that says. A little
 * longer is one that was taken while this worker was on its way to it.
 */
function isHolding({ until }: z.infer<typeof Claim>, now: Date): boolean {
  const leftMs = Date.parse(until) - now.getTime();
  return leftMs > 0 && leftMs <= 2 * claimMs;
}

/** Names who claims, for as long as that goes on: its message may come again, and its attempts hand on. @param waiting the steps that wait for it. @param share of the last of them. */
export function claimantOf(
  { requestId }: RequestBlock,
  waiting: readonly string[],
  share: Pieces | undefined,
): string {
  return createHash("sha256")
    .update(JSON.stringify([requestId, waiting, ...(share ? [share.from, share.to] : [])]))
    .digest("hex");
}
