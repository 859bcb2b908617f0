import type { Names } from "@segue/chain";
import { Request, requestObjectName } from "@segue/contracts";
import type { ObjectStore } from "@segue/store";
import { createdAt, createOrRead, readObjectAs } from "./json-object.ts";

export type RequestKey = Pick<Request, "requestId" | "trackId" | "cause">;

/** Requests that did not come with their track, as objects: what was promised, whatever becomes of queue and database. */
export interface RequestObjects {
  /** Create-only; returns the request that holds, which is another's of the same id if another came first. */
  create(request: Request): Promise<Request>;
  /** As `create`, for one with an id that nobody else takes. @returns when it came to be, by storage's clock. */
  createOwn(request: Request): Promise<Date>;
  read(key: RequestKey): Promise<Request | undefined>;
}

export function createRequestObjects(store: ObjectStore, names: Names): RequestObjects {
  const refOf = (key: RequestKey) => ({ bucket: names.bucket("records"), name: requestObjectName(key) });
  return {
    read: (key) => readObjectAs(store, refOf(key), Request),
    createOwn: (request) => createdAt(store, refOf(request), request),
    create: (request) => createOrRead(store, refOf(request), Request, request),
  };
}
