import { ObjectNotFoundError, type ObjectStore } from "@segue/store";
import type { z } from "zod";

/** Small objects of JSON in one bucket, each written once. */
export interface JsonObjects {
  /** Undefined where there is none. */
  read<S extends z.ZodType>(name: string, schema: S): Promise<z.output<S> | undefined>;
  /** False where there is one already: of two writers the first wins. */
  create(name: string, json: object): Promise<boolean>;
}

export function createJsonObjects(store: ObjectStore, bucket: string): JsonObjects {
  return {
    async read(name, schema) {
      try {
        return schema.parse(await store.readJson({ bucket, name }));
      } catch (error) {
        if (error instanceof ObjectNotFoundError) return undefined;
        throw error;
      }
    },
    async create(name, json) {
      const body = Buffer.from(JSON.stringify(json));
      const object = { bucket, name, body, contentType: "application/json", createOnly: true };
      return (await store.writeObject(object)).created;
    },
  };
}
