import type { Names } from "@segue/chain";
import { ObjectNotFoundError, type ObjectStore } from "@segue/store";
import { z } from "zod";
import type { Resumption } from "./define-step.ts";
import { forEachAtOnce } from "./for-each-at-once.ts";
import { Spent, unknownSpent } from "./spent.ts";

const StoredCheckpoint = z.object({
  v: z.literal(1),
  number: z.int().positive(),
  state: z.json(),
  files: z.array(z.string()),
  spent: Spent.default(unknownSpent),
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
  /** When the last one was stored: a run that is under way has one of late. */
  lastSavedAt(address: string): Promise<Date | undefined>;
  save(address: string, checkpoint: NumberedResumption): Promise<void>;
  putFile(address: string, name: string, path: string): Promise<void>;
  /** False: it has expired. */
  fetchFile(address: string, name: string, path: string): Promise<boolean>;
  /** The object name of a piece's file, in the scratch bucket. */
  fileObject(address: string, name: string): string;
  /** Deletes all of it: the run is over, or must begin anew. */
  discard(address: string): Promise<void>;
}

/** A run of three hours leaves some 150 objects, and each takes a round trip: one after the other they would take seconds. */
const deletionsAtOnce = 8;

export function createCheckpoints(store: ObjectStore, names: Names): Checkpoints {
  const bucket = names.bucket("scratch");
  const root = (address: string) => `${address}.run/`;
  const statePrefix = (address: string) => `${root(address)}state/`;
  const fileObject = (address: string, name: string) => `${root(address)}files/${name}`;
  return {
    fileObject,
    async latest(address) {
      let last: string | undefined;
      for await (const object of store.walkObjects({ bucket, prefix: statePrefix(address) }))
        last = object.name;
      if (!last) return undefined;
      const { v: _, ...checkpoint } = StoredCheckpoint.parse(await store.readJson({ bucket, name: last }));
      return checkpoint;
    },
    async lastSavedAt(address) {
      let last: Date | undefined;
      for await (const object of store.walkObjects({ bucket, prefix: statePrefix(address) }))
        last = object.updatedAt;
      return last;
    },
    async save(address, checkpoint) {
      const body = Buffer.from(JSON.stringify({ v: 1, ...checkpoint }));
      const name = `${statePrefix(address)}${String(checkpoint.number).padStart(6, "0")}.json`;
      await store.writeObject({ bucket, name, body, contentType: "application/json", createOnly: true });
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
      await forEachAtOnce(objects, deletionsAtOnce, (object) => store.deleteObject(object));
    },
  };
}
