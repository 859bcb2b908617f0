import type { Names } from "@segue/chain";
import { type Json, readKnown } from "@segue/contracts";
import type { Resumption } from "@segue/step";
import { ObjectNotFoundError, type ObjectStore } from "@segue/store";
import { z } from "zod";
import { forEachAtOnce } from "./for-each-at-once.ts";
import { Spent, unknownSpent } from "./spent.ts";

const StoredCheckpoint = z.object({
  v: z.literal(1),
  number: z.int().positive(),
  state: z.json(),
  files: z.array(z.string()),
  spent: Spent.default(unknownSpent),
});

/** Pieces in a row that one attempt has made. */
export interface Share {
  readonly from: number;
  readonly states: readonly Json[];
  readonly spent: Spent;
}

const StoredShare = z.object({
  v: z.literal(1),
  from: z.int().nonnegative(),
  states: z.array(z.json()),
  spent: Spent,
});

export interface NumberedResumption extends Resumption {
  /** Counts from 1 along a step's run. */
  readonly number: number;
  /** By all attempts so far. */
  readonly spent: Spent;
}

/**
 * What steps on long input leave between attempts, in the scratch bucket, which expires: the state after each attempt,
 * and the files that pieces made. Names derive from the address, so whoever takes over finds them.
 */
export interface Checkpoints {
  /** The furthest one; undefined at the beginning, or when it has expired. */
  latest(address: string): Promise<NumberedResumption | undefined>;
  /** When the run last left something: one that is under way has done so of late. */
  lastSavedAt(address: string): Promise<Date | undefined>;
  save(address: string, checkpoint: NumberedResumption): Promise<void>;
  /** Once the files of its pieces are there. */
  saveShare(address: string, share: Share): Promise<void>;
  /** Numbers of the pieces that are made, by the names of the shares alone. */
  madePieces(address: string): Promise<ReadonlySet<number>>;
  /** All of it; pieces that were made twice stand in more than one. */
  readShares(address: string): Promise<Share[]>;
  putFile(address: string, name: string, path: string): Promise<void>;
  /** False: it has expired. */
  fetchFile(address: string, name: string, path: string): Promise<boolean>;
  /** The object name of a piece's file, in the scratch bucket. */
  fileObject(address: string, name: string): string;
  /** Deletes all of it: the run is over, or must begin anew. */
  discard(address: string): Promise<void>;
}

/** A run of three hours leaves some 150 objects, and each takes a round trip: one after the other they would take seconds. */
const objectsAtOnce = 8;

const pad = (number: number) => String(number).padStart(6, "0");

export function createCheckpoints(store: ObjectStore, names: Names): Checkpoints {
  const bucket = names.bucket("scratch");
  const root = (address: string) => `${address}.run/`;
  const statePrefix = (address: string) => `${root(address)}state/`;
  const sharePrefix = (address: string) => `${root(address)}pieces/`;
  const fileObject = (address: string, name: string) => `${root(address)}files/${name}`;
  return {
    fileObject,
    async latest(address) {
      let last: string | undefined;
      for await (const object of store.walkObjects({ bucket, prefix: statePrefix(address) }))
        last = object.name;
      if (!last) return undefined;
      const { v: _, ...checkpoint } = readKnown(
        StoredCheckpoint,
        await store.readJson({ bucket, name: last }),
      );
      return checkpoint;
    },
    async lastSavedAt(address) {
      let last: Date | undefined;
      for await (const { updatedAt } of store.walkObjects({ bucket, prefix: root(address) }))
        if (!last || updatedAt > last) last = updatedAt;
      return last;
    },
    async save(address, checkpoint) {
      const body = Buffer.from(JSON.stringify({ v: 1, ...checkpoint }));
      const name = `${statePrefix(address)}${pad(checkpoint.number)}.json`;
      await store.writeObject({ bucket, name, body, contentType: "application/json", createOnly: true });
    },
    async saveShare(address, { from, ...share }) {
      const body = Buffer.from(JSON.stringify({ v: 1, from, ...share }));
      const name = `${sharePrefix(address)}${pad(from)}-${pad(from + share.states.length)}.json`;
      await store.writeObject({ bucket, name, body, contentType: "application/json", createOnly: true });
    },
    async madePieces(address) {
      const made = new Set<number>();
      for await (const { name } of store.walkObjects({ bucket, prefix: sharePrefix(address) })) {
        const [, from, to] = /(\d+)-(\d+)\.json$/.exec(name) ?? [];
        for (let index = Number(from); index < Number(to); index++) made.add(index);
      }
      return made;
    },
    async readShares(address) {
      const shares: Share[] = [];
      const objects = store.walkObjects({ bucket, prefix: sharePrefix(address) });
      await forEachAtOnce(objects, objectsAtOnce, async ({ name }) => {
        const { v: _, ...share } = readKnown(StoredShare, await store.readJson({ bucket, name }));
        shares.push(share);
      });
      return shares;
    },
    async putFile(address, name, path) {
      await store.writeObject({ bucket, name: fileObject(address, name), body: { path }, createOnly: true });
    },
    async fetchFile(address, name, path) {
      try {
        await store.downloadObject({ bucket, name: fileObject(address, name) }, path);
        return true;
      } catch (error) {
        if (error instanceof ObjectNotFoundError) return false;
        throw error;
      }
    },
    async discard(address) {
      const objects = store.walkObjects({ bucket, prefix: root(address) });
      await forEachAtOnce(objects, objectsAtOnce, (object) => store.deleteObject(object));
    },
  };
}
