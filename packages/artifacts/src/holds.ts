/**
 * How long work waits that was put off: its last attempt starved, or its worker was not fit for it. The queue's own pauses end
 * at a minute and its patience at some twenty deliveries, so the pause is noted in the scratch bucket, by the result's address:
 * a delivery that comes before it is over goes back unattempted, on whatever worker, after whatever was killed, and in
 * whatever message it came. One small object per piece of work, for those that were put off only.
 *
 * A hold saves work and decides nothing: of two that note at the same moment one is forgotten.
 */
import type { Names } from "@segue/chain";
import { type StepError, StoryEntry } from "@segue/contracts";
import type { ObjectRef, ObjectStore } from "@segue/store";
import { z } from "zod";
import { readObjectAs, replaceObject } from "./json-object.ts";

const Hold = z.object({
  v: z.literal(1),
  until: z.iso.datetime(),
  /** Attempts in a row that were put off. */
  times: z.int().positive(),
  /** Of the last one. */
  reason: z.string(),
  /** Attempts that looked as if they had themselves made their worker unfit: the last one of each worker. */
  suspicions: z.array(StoryEntry),
});
export type Hold = z.infer<typeof Hold>;

/** What is asked for at a time leaves out what no clock can have said by then: pauses are bounded, and clocks are not. */
export interface Holds {
  find(key: HoldKey, now: Date): Promise<Hold | undefined>;
  note(key: HoldKey, putOff: PutOff): Promise<Hold>;
  discard(key: HoldKey): Promise<void>;
  /** Makes it what it was. */
  restore(key: HoldKey, hold: Hold): Promise<void>;
  /** The latest of all that is put off at an address, pieces included. */
  latest(address: string, now: Date): Promise<Hold | undefined>;
}

/** Pieces of shared-out work wait by themselves. */
export interface HoldKey {
  readonly address: string;
  readonly pieces: { readonly from: number; readonly to: number } | null;
}

export interface PutOff {
  readonly error: StepError;
  readonly worker: string;
  /** Whether the worker was well again as soon as the attempt was over. */
  readonly isSuspect: boolean;
  readonly now: Date;
  /** What the source of the trouble has asked for, in ms. */
  readonly atLeastMs?: number;
}

/** A machine that has no time, or no room, gets it in minutes rather than in seconds. */
export const pausesMs = [30_000, 60_000, 120_000, 240_000, 480_000, 900_000];
/** A worker that is unfit takes nothing more by itself: first, others may be better, and are asked at once. */
const otherWorkers = 2;
/** What was put off long ago says nothing of today. */
const forgottenMs = 24 * 3_600_000;

export function createHolds(store: ObjectStore, names: Names): Holds {
  const bucket = names.bucket("scratch");
  const prefixOf = (address: string) => `${address}.hold`;
  const refOf = ({ address, pieces }: HoldKey): ObjectRef => ({
    bucket,
    name: `${prefixOf(address)}${pieces ? `.${pieces.from}-${pieces.to}` : ""}.json`,
  });
  const read = (ref: ObjectRef) => readObjectAs(store, ref, Hold);
  return {
    async find(key, now) {
      const hold = await read(refOf(key));
      return hold && isCredible(hold, now) ? hold : undefined;
    },
    async note(key, putOff) {
      const hold = prolong(await read(refOf(key)), putOff);
      await replaceObject(store, refOf(key), hold);
      return hold;
    },
    async discard(key) {
      await store.deleteObject(refOf(key));
    },
    restore: (key, hold) => replaceObject(store, refOf(key), hold),
    async latest(address, now) {
      let latest: Hold | undefined;
      for await (const { name } of store.walkObjects({ bucket, prefix: prefixOf(address) })) {
        const hold = await read({ bucket, name });
        if (hold && isCredible(hold, now) && (!latest || hold.until > latest.until)) latest = hold;
      }
      return latest;
    },
  };
}

/** Whoever has put it off for longer than that from now has a clock that is ahead: nobody waits for what it says. */
function isCredible({ until }: Hold, now: Date): boolean {
  return Date.parse(until) - now.getTime() <= Math.max(...pausesMs);
}

function prolong(earlier: Hold | undefined, { error, worker, isSuspect, now, atLeastMs = 0 }: PutOff): Hold {
  const isRecent = earlier && now.getTime() - Date.parse(earlier.until) < forgottenMs;
  const before = isRecent ? earlier : { times: 0, suspicions: [] };
  const times = before.times + 1;
  const entry = { at: now.toISOString(), worker, error: error.toFailure() };
  const others = before.suspicions.filter((suspicion) => suspicion.worker !== worker);
  return {
    v: 1,
    until: new Date(now.getTime() + Math.max(atLeastMs, pauseMs(error, times))).toISOString(),
    times,
    reason: `${error.code}: ${error.message}`,
    suspicions: isSuspect ? [...others, entry] : before.suspicions,
  };
}

function pauseMs({ code }: StepError, times: number): number {
  const index = times - 1 - (code === "worker-unfit" ? otherWorkers : 0);
  return index < 0 ? 0 : (pausesMs[Math.min(index, pausesMs.length - 1)] ?? 0);
}
