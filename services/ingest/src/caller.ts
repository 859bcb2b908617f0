import { defaultOwner, type Scope, scopes } from "@segue/contracts";
import type { FastifyRequest } from "fastify";

/** How much a key may send. */
export interface Limits {
  /** Null: any number. */
  readonly requestsPerSec: number | null;
  readonly burst: number | null;
  readonly tracksPerDay: number | null;
  readonly bytesPerDay: number | null;
}

/** Who asks: a key, or whoever asks an API that takes requests without one. */
export interface Caller {
  readonly keyId: string;
  /** That its requests and quotas count for: of keys that were made of each other the first. */
  readonly family: string;
  readonly owner: string;
  readonly scopes: ReadonlySet<Scope>;
  readonly limits: Limits;
  /** From when on the key is not taken. */
  readonly expiresAt: Date | null;
}

export const noLimits: Limits = {
  requestsPerSec: null,
  burst: null,
  tracksPerDay: null,
  bytesPerDay: null,
};

/** The key of those who have none. */
export const keyless = "off";

/** Somebody who may do everything, and has the default owner's tracks. @param keyId what is told of them. */
export function anybody(keyId: string): Caller {
  return {
    ...{ keyId, family: keyId, owner: defaultOwner, scopes: new Set(scopes) },
    ...{ limits: noLimits, expiresAt: null },
  };
}

const callers = new WeakMap<FastifyRequest, Caller>();

/** Notes who a request is from. */
export function setCaller(request: FastifyRequest, caller: Caller): void {
  callers.set(request, caller);
}

/** Undefined where nobody was asked, or it is not known yet. */
export function findCaller(request: FastifyRequest): Caller | undefined {
  return callers.get(request);
}

/** Who a request is from. Nobody is a defect: the route would answer whoever asks. */
export function callerOf(request: FastifyRequest): Caller {
  const caller = callers.get(request);
  if (!caller) throw new TypeError(`nobody was asked for a key at ${request.routeOptions.url}`);
  return caller;
}
