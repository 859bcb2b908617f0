import type { Names } from "@segue/chain";
import { Request, readKnown, requestObjectName } from "@segue/contracts";
import { ObjectNotFoundError, type ObjectStore } from "@segue/store";

export type RequestKey = Pick<Request, "requestId" | "trackId" | "cause">;

/** Requests that did not come with their track, as objects: what was promised, whatever becomes of queue and database. */
export interface RequestObjects {
  /** Create-only; returns the request that holds, which is another's of the same id if another came first. */
  create(request: Request): Promise<Request>;
  read(key: RequestKey): Promise<Request | undefined>;
}

export function createRequestObjects(store: ObjectStore, names: Names): RequestObjects {
  const refOf = (key: RequestKey) => ({
    bucket: names.bucket("records"),
    name: requestObjectName(key),
  });
  const read: RequestObjects["read"] = async (key) => {
    try {
      return readKnown(Request, await store.readJson(refOf(key)));
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return undefined;
      throw error;
    }
  };
  return {
    read,
    async create(request) {
      const body = Buffer.from(JSON.stringify(request));
      const object = { ...refOf(request), body, contentType: "application/json", createOnly: true };
      if ((await store.writeObject(object)).created) return request;
      return (await read(request)) ?? request;
    },
  };
}
