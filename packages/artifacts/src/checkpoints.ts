import type { Names } from "@segue/chain";
import { type Json, readKnown } from "@segue/contracts";
import type { Resumption } from "@segue/step";
import type { ObjectStore } from "@segue/store";
import { z } from "zod";
import { forEachAtOnce } from "./for-each-at-once.ts";
import { createObject } from "./json-object.ts";
import { createRunFiles, type RunFiles } from "./run-files.ts";
import { Spent, unknownSpent } from "./spent.ts";

/** Files that are not at their own names, where another run's bytes were: name to object. */
const Moved = z.record(z.string(), z.string());
export type Moved = Readonly<z.infer<typeof Moved>>;

const StoredCheckpoint = z.object({
  v: z.literal(1),
  number: z.int().positive(),
  state: z.json(),
  files: z.array(z.string()),
  moved: Moved.default({}),
  spent: Spent.default(unknownSpent),
});

/** Pieces in a row that one attempt has made. */
export interface Share {
  readonly from: number;
  readonly states: readonly Json[];
  /** Of all of them, by their names. */
  readonly files: readonly string[];
  readonly moved: Moved;
  readonly spent: Spent;
}

const StoredShare = z.object({
  v: z.literal(1),
  from: z.int().nonnegative(),
  states: z.array(z.json()),
  files: z.array(z.string()).default([]),
  moved: Moved.default({}),
  spent: Spent,
});

export interface NumberedResumption extends Resumption {
  /** Counts from 1 along a step's run. */
  readonly number: number;
  readonly moved: Moved;
  /** By all attempts so far. */
  readonly spent: Spent;
}

/**
 * Names a run. Whoever wants the same artifact shares its run, but for a request that forces: that one's work is its own, begun anew, and
 * is not over when another's is.
 */
export function runName(address: string, forcedBy: string | null): string {
  return forcedBy === null ? address : `${address}.${forcedBy}`;
}

/** Pieces of a run that are made, by the names of the shares alone. */
export interface MadePieces {
  readonly numbers: ReadonlySet<number>;
  /** The share that was stored last: its first piece. */
  readonly last: { readonly from: number; readonly storedAt: Date } | undefined;
}

/**
 * What steps on long input leave between attempts, in the scratch bucket, which expires: the state after each attempt,
 * and the files that pieces made. Names derive from the address, so whoever takes over finds them.
 */
export interface Checkpoints extends RunFiles {
  /** The furthest one; undefined at the beginning, or when it has expired. */
  latest(run: string): Promise<NumberedResumption | undefined>;
  /** When a run at the address, whoever forced it, last left something: one that is under way has done so of late. */
  lastSavedAt(address: string): Promise<Date | undefined>;
  save(run: string, checkpoint: NumberedResumption): Promise<void>;
  /** Once the files of its pieces are there. */
  saveShare(run: string, share: Share): Promise<void>;
  madePieces(run: string): Promise<MadePieces>;
  /** All of it, in the order of the pieces; those that were made twice stand in more than one. */
  readShares(run: string): Promise<Share[]>;
  /** Deletes all of it: the run is over, or must begin anew. */
  discard(run: string): Promise<void>;
}

/** A run of three hours leaves some 150 objects, and each takes a round trip: one after the other they would take seconds. */
const objectsAtOnce = 8;

const pad = (number: number) => String(number).padStart(6, "0");

export function createCheckpoints(store: ObjectStore, names: Names): Checkpoints {
  const bucket = names.bucket("scratch");
  const root = (run: string) => `${run}.run/`;
  const statePrefix = (run: string) => `${root(run)}state/`;
  const sharePrefix = (run: string) => `${root(run)}pieces/`;
  return {
    ...createRunFiles(store, bucket, (run) => `${root(run)}files/`),
    async latest(run) {
      let last: string | undefined;
      for await (const object of store.walkObjects({ bucket, prefix: statePrefix(run) })) last = object.name;
      if (!last) return undefined;
      const { v: _, ...checkpoint } = readKnown(
        StoredCheckpoint,
        await store.readJson({ bucket, name: last }),
      );
      return checkpoint;
    },
    async lastSavedAt(address) {
      let last: Date | undefined;
      for await (const { name, updatedAt } of store.walkObjects({ bucket, prefix: `${address}.` }))
        if (name.includes(".run/") && (!last || updatedAt > last)) last = updatedAt;
      return last;
    },
    async save(run, checkpoint) {
      const name = `${statePrefix(run)}${pad(checkpoint.number)}.json`;
      await createObject(store, { bucket, name }, { v: 1, ...checkpoint });
    },
    async saveShare(run, { from, ...share }) {
      const name = `${sharePrefix(run)}${pad(from)}-${pad(from + share.states.length)}.json`;
      await createObject(store, { bucket, name }, { v: 1, from, ...share });
    },
    async madePieces(run) {
      const numbers = new Set<number>();
      let last: MadePieces["last"];
      for await (const { name, updatedAt } of store.walkObjects({ bucket, prefix: sharePrefix(run) })) {
        const [, from, to] = /(\d+)-(\d+)\.json$/.exec(name) ?? [];
        for (let index = Number(from); index < Number(to); index++) numbers.add(index);
        if (!last || updatedAt >= last.storedAt) last = { from: Number(from), storedAt: updatedAt };
      }
      return { numbers, last };
    },
    async readShares(run) {
      const shares: Share[] = [];
      const objects = store.walkObjects({ bucket, prefix: sharePrefix(run) });
      await forEachAtOnce(objects, objectsAtOnce, async ({ name }) => {
        const { v: _, ...share } = readKnown(StoredShare, await store.readJson({ bucket, name }));
        shares.push(share);
      });
      return shares.toSorted((a, b) => a.from - b.from);
    },
    async discard(run) {
      const objects = store.walkObjects({ bucket, prefix: root(run) });
      await forEachAtOnce(objects, objectsAtOnce, (object) => store.deleteObject(object));
    },
  };
}
