import { timingSafeEqual } from "node:crypto";
import type { StoredKey } from "@segue/catalog-db";
import { Scope } from "@segue/contracts";
import type { FastifyRequest } from "fastify";
import type { Api, ApiContext } from "../api-context.ts";
import { anybody, type Caller, keyless, setCaller } from "../caller.ts";
import { ProblemError } from "../problem-error.ts";
import { digestOf } from "./key-text.ts";
import { neededFor } from "./scopes-of.ts";
import { adminId, isTaken } from "./taken.ts";

const challenge = 'Bearer realm="segue"';
const bearer = /^bearer +(\S+) *$/i;

/**
 * Asks for a key on every route that is not open to all, before anything of the body is read; what the key may do the table of scopes says. Where keys are off, whoever
 * comes may do everything.
 */
export function requireKey(app: Api, context: ApiContext): void {
  const { config, access } = context;
  app.addHook("onRoute", ({ method, url }) => {
    for (const each of [method].flat()) neededFor(each, url);
  });
  app.addHook("onRequest", async (request, reply) => {
    const { url = "", method } = request.routeOptions;
    const needed = neededFor([method].flat()[0] ?? "", url);
    if (needed === "open") return;
    if (config.apiKeys === "off") return setCaller(request, anybody(keyless));
    const caller = await identify(context, request);
    setCaller(request, caller);
    access.rateLimit.take(caller, reply);
    if (needed.length > 0 && !needed.some((scope) => caller.scopes.has(scope))) throw scopeMissing(needed);
  });
}

/** @param needed one of them. */
export function scopeMissing(needed: readonly Scope[], why = "expected a key"): ProblemError {
  const names = needed.map((scope) => `"${scope}"`).join(" or ");
  return new ProblemError("scope-missing", `${why} with the scope ${names}`, {
    headers: { "www-authenticate": `${challenge}, error="insufficient_scope", scope="${needed.join(" ")}"` },
  });
}

async function identify(context: ApiContext, { headers }: FastifyRequest): Promise<Caller> {
  const { authorization } = headers;
  if (authorization === undefined)
    throw new ProblemError("key-required", "Authorization: expected a key, got none", {
      headers: { "www-authenticate": challenge },
    });
  const [, text] = bearer.exec(authorization) ?? [];
  const caller = text === undefined ? undefined : await findCallerOf(context, text);
  if (caller) return caller;
  throw new ProblemError("key-refused", "Authorization: expected `Bearer` and a key that is taken here", {
    headers: { "www-authenticate": `${challenge}, error="invalid_token"` },
  });
}

async function findCallerOf({ config, access, now }: ApiContext, text: string): Promise<Caller | undefined> {
  if (config.adminKeyDigest && timingSafeEqual(config.adminKeyDigest, digestOf(text)))
    return anybody(adminId);
  const key = await access.keys.find(text);
  return key && isTaken(key, now()) ? callerBy(key) : undefined;
}

function callerBy({ id, family, owner, scopes, expiresAt, ...key }: StoredKey): Caller {
  const { requestsPerSec, burst, tracksPerDay, bytesPerDay } = key;
  return {
    ...{ keyId: id, family, owner, expiresAt },
    // One that a younger release has given it is for nothing that is here.
    scopes: new Set(scopes.flatMap((scope) => Scope.safeParse(scope).data ?? [])),
    limits: { requestsPerSec, burst, tracksPerDay, bytesPerDay },
  };
}
