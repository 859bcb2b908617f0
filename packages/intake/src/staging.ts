import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import type { Names } from "@segue/chain";
import { Master } from "@segue/contracts";
import type { ObjectRef, ObjectStore } from "@segue/store";
import type { Logger } from "@segue/telemetry";

/** Temporary objects of masters that are on their way in. */
export interface Staging {
  ref(name: string): ObjectRef;
  /** Writes all that comes, or leaves nothing. A copy of it says the same of itself. @returns its name. */
  write(bytes: AsyncIterable<Buffer>, metadata: Readonly<Record<string, string>>): Promise<string>;
  /** Never throws: what stays behind expires with the scratch bucket. */
  remove(name: string): Promise<void>;
}

export function createStaging(store: ObjectStore, names: Names, log: Logger): Staging {
  const ref = (name: string) => ({ bucket: names.bucket("scratch"), name });
  const remove = async (name: string) => {
    try {
      await store.deleteObject(ref(name));
    } catch (error) {
      log.warn({ error, object: name }, "a temporary object could not be removed; it will expire");
    }
  };
  return {
    ref,
    remove,
    async write(bytes, metadata) {
      const name = `uploads/${randomBytes(16).toString("hex")}`;
      const body = Readable.from(bytes, { objectMode: false });
      try {
        const { contentType } = Master.payload;
        await store.writeObject({ ...ref(name), body, contentType, metadata, createOnly: true });
        return name;
      } catch (error) {
        await remove(name);
        throw error;
      }
    },
  };
}
