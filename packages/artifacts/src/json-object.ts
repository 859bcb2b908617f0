import { readKnown } from "@segue/contracts";
import { ObjectNotFoundError, type ObjectRef, type ObjectStore, type WrittenObject } from "@segue/store";
import type { z } from "zod";

/** A small object of JSON, as this release reads it; undefined where there is none. */
export async function readObjectAs<S extends z.ZodType>(
  store: ObjectStore,
  ref: ObjectRef,
  schema: S,
): Promise<z.output<S> | undefined> {
  try {
    return readKnown(schema, await store.readJson(ref));
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined;
    throw error;
  }
}

/** Writes one. False where there is one already: of two writers the first wins. */
export async function createObject(store: ObjectStore, ref: ObjectRef, json: object): Promise<boolean> {
  return (await writeNew(store, ref, json)).created;
}

/** As `createObject`; returns when there came to be one, by storage's clock. */
export async function createdAt(store: ObjectStore, ref: ObjectRef, json: object): Promise<Date> {
  return (await writeNew(store, ref, json)).updatedAt;
}

function writeNew(store: ObjectStore, ref: ObjectRef, json: object): Promise<WrittenObject> {
  return store.writeObject({ ...ref, ...asBody(json), createOnly: true });
}

/** As `createObject`; returns what holds, which is another's if another came first. */
export async function createOrRead<S extends z.ZodType<object>>(
  store: ObjectStore,
  ref: ObjectRef,
  schema: S,
  json: z.output<S>,
): Promise<z.output<S>> {
  if (await createObject(store, ref, json)) return json;
  return (await readObjectAs(store, ref, schema)) ?? json;
}

/** Writes one, over what may be there. */
export async function replaceObject(store: ObjectStore, ref: ObjectRef, json: object): Promise<void> {
  await store.writeObject({ ...ref, ...asBody(json), createOnly: false });
}

/** How an object of JSON is written. */
export function asBody(json: object) {
  return { body: Buffer.from(JSON.stringify(json)), contentType: "application/json" };
}
