import { isDeepStrictEqual } from "node:util";
import { type ObjectRef, type ObjectStore, PreconditionFailedError } from "@segue/store";
import type { z } from "zod";
import { asBody, readObjectAs } from "./json-object.ts";

/**
 * Writes a small object of JSON that follows from what is there, and only if that is still there: of two writers the second follows
 * from what the first has left.
 *
 * @param follow may be called several times. Where it returns what is there, nothing is written.
 * @returns what is there then.
 */
export async function rewriteObject<S extends z.ZodType<object>>(
  store: ObjectStore,
  ref: ObjectRef,
  schema: S,
  follow: (existing: z.output<S> | undefined) => z.output<S>,
): Promise<z.output<S>> {
  let tried: z.output<S> | undefined;
  for (;;) {
    const { existing, generation } = await find(store, ref, schema);
    // The answer to the write before was lost.
    if (tried && isDeepStrictEqual(existing, throughJson(tried))) return tried;
    tried = follow(existing);
    if (tried === existing) return tried;
    const condition =
      generation === undefined ? { createOnly: true } : { createOnly: false, ifGeneration: generation };
    try {
      const { created } = await store.writeObject({ ...ref, ...asBody(tried), ...condition });
      if (created) return tried;
    } catch (error) {
      if (!(error instanceof PreconditionFailedError)) throw error;
    }
  }
}

interface Found<T> {
  readonly existing: T | undefined;
  /** What is read is of this generation or a later one, and over a later one the write does not go ahead. */
  readonly generation: string | undefined;
}

async function find<S extends z.ZodType>(
  store: ObjectStore,
  ref: ObjectRef,
  schema: S,
): Promise<Found<z.output<S>>> {
  const stat = await store.statObject(ref);
  const existing = stat && (await readObjectAs(store, ref, schema));
  return { existing, generation: existing && stat?.generation };
}

/** As whoever reads it finds it. */
export function throughJson(json: unknown): unknown {
  return JSON.parse(JSON.stringify(json));
}
