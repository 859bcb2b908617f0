import type { StoredKey } from "@segue/catalog-db";
import {
  KeyId,
  KeyList,
  KeyRequest,
  type KeyResource,
  NewKey,
  RevokedKeys,
  RevokeQuery,
  RotateRequest,
  Scope,
} from "@segue/contracts";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Api, ApiContext } from "../api-context.ts";
import { type Caller, callerOf } from "../caller.ts";
import { noteObject } from "../keys/audit-writes.ts";
import { type MadeKey, makeKey } from "../keys/key-text.ts";
import { burstOf } from "../keys/limit-rate.ts";
import { scopeMissing } from "../keys/require-key.ts";
import { isTaken } from "../keys/taken.ts";
import { ProblemError } from "../problem-error.ts";
import { problems } from "./problems.ts";

const url = "/v1/keys";
const params = z.object({ id: KeyId });

/**
 * `/v1/keys`: who may ask for what. A key makes none that may do more than itself: no other scope, no longer life, its own owner's tracks, and what the new one sends
 * counts for both together. Whoever operates the fleet makes keys for any owner, with limits of their own.
 */
export function keyRoutes(app: Api, context: ApiContext): void {
  createKeyRoute(app, context);
  listKeysRoute(app, context);
  revokeKeyRoute(app, context);
  rotateKeyRoute(app, context);
}

function createKeyRoute(app: Api, { access }: ApiContext): void {
  const schema = {
    operationId: "createKey",
    summary: "Make a key; it is told this once",
    body: KeyRequest,
    response: { 201: NewKey, ...problems(400, 403, 503) },
  };
  app.post(url, { schema }, async (request, reply) => {
    const caller = callerOf(request);
    const made = makeKey();
    const stored = await access.tables.insertKey(describe(caller, request.body, made));
    return tellNew(request, reply, made, stored);
  });
}

function listKeysRoute(app: Api, { access }: ApiContext): void {
  const schema = {
    operationId: "listKeys",
    summary: "Keys, the newest first, without what they are",
    response: { 200: KeyList, ...problems(503) },
  };
  app.get(url, { schema }, async (request) => {
    const keys = await access.tables.listKeys(ownerSeenBy(callerOf(request)));
    return { keys: keys.map(tellKey) };
  });
}

function revokeKeyRoute(app: Api, { access }: ApiContext): void {
  const schema = {
    operationId: "revokeKey",
    summary: "Withdraw a key: within seconds no instance takes it",
    params,
    querystring: RevokeQuery,
    response: { 200: RevokedKeys, ...problems(400, 404, 503) },
  };
  app.delete(`${url}/:id`, { schema }, async (request) => {
    const { id } = request.params;
    const caller = callerOf(request);
    await findOne(access, caller, id);
    const withMade = request.query.made === "true";
    const revoked = await access.tables.revokeKey({ id, withMade, owner: ownerSeenBy(caller) });
    const withdrawn = revoked.map((key) => key.id);
    for (const each of withdrawn) access.keys.forget(each);
    const [key] = revoked;
    if (!key) throw notThere(id);
    return { ...tellKey(key), withdrawn };
  });
}

function rotateKeyRoute(app: Api, { access, now }: ApiContext): void {
  const schema = {
    operationId: "rotateKey",
    summary: "Make a key in the place of another one, which is taken for a while yet; it is told this once",
    params,
    body: RotateRequest,
    response: { 201: NewKey, ...problems(400, 403, 404, 409, 503) },
  };
  app.post(`${url}/:id/rotate`, { schema }, async (request, reply) => {
    const { id } = request.params;
    const { graceSec } = request.body;
    const caller = callerOf(request);
    const old = await findOne(access, caller, id);
    requireScopes(caller, old.scopes);
    requireLasting(caller, old);
    const made = makeKey();
    const next = { id: made.id, digest: made.digest, createdBy: caller.keyId, graceSec };
    const stored = isTaken(old, now()) ? await access.tables.rotateKey(id, next) : undefined;
    access.keys.forget(id);
    if (!stored)
      throw new ProblemError("conflict", `expected a key that is taken; ${id} is over, or withdrawn`);
    return tellNew(request, reply, made, stored);
  });
}

/**
 * A key that ends, or is replaced, gives no key a longer life than its own; and one with limits gets none with others.
 *
 * @throws {ProblemError} `scope-missing`.
 */
function requireLasting({ scopes, keyId, family, limits, expiresAt }: Caller, old: StoredKey): void {
  if (scopes.has("operate") || keyId === old.id) return;
  const isLimited = Object.values(limits).some((limit) => limit !== null);
  if (isLimited && family !== old.family)
    throw scopeMissing(["operate"], "expected, to rotate a key of other limits than its own, a key");
  if (expiresAt !== null && (old.expiresAt === null || old.expiresAt > expiresAt))
    throw scopeMissing(["operate"], "expected, to rotate a key that lasts longer than itself, a key");
}

/** What is kept of a new key. @throws {ProblemError} `scope-missing` where it would be for more than the one that makes it. */
function describe(caller: Caller, body: KeyRequest, { id, digest }: MadeKey) {
  const { owner = caller.owner, name, scopes, expiresAt } = body;
  const limits = {
    requestsPerSec: body.requestsPerSec ?? null,
    burst: body.requestsPerSec === undefined ? null : burstOf(body.requestsPerSec, body.burst ?? null),
    tracksPerDay: body.tracksPerDay ?? null,
    bytesPerDay: body.bytesPerDay ?? null,
  };
  const mayAll = caller.scopes.has("operate");
  requireScopes(caller, scopes);
  if (!mayAll && owner !== caller.owner)
    throw scopeMissing(["operate"], "owner: expected, for another one than its own, a key");
  if (!mayAll && Object.values(limits).some((limit) => limit !== null))
    throw scopeMissing(
      ["operate"],
      "limits are those of the key that makes it; expected, to set others, a key",
    );
  const asked = expiresAt === undefined ? null : new Date(expiresAt);
  const family = mayAll ? { family: id, ...limits } : { family: caller.family, ...caller.limits };
  const scopeList = [...new Set(scopes)];
  const own = { id, digest, owner, name, scopes: scopeList, createdBy: caller.keyId };
  return { ...own, ...family, expiresAt: mayAll ? asked : earlier(asked, caller.expiresAt) };
}

function earlier(a: Date | null, b: Date | null): Date | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}

function requireScopes(caller: Caller, scopes: readonly string[]): void {
  const missing = scopes.filter((scope) => !caller.scopes.has(scope as Scope));
  const known = missing.flatMap((scope) => Scope.safeParse(scope).data ?? []);
  if (missing.length > 0) throw scopeMissing(known, "scopes: expected, for a key with these, one");
}

/** Whose keys and audit somebody sees; undefined: all. */
export function ownerSeenBy({ scopes, owner }: Caller): string | undefined {
  return scopes.has("operate") ? undefined : owner;
}

/** @throws {ProblemError} `not-found`, also for another owner's. */
async function findOne({ tables }: ApiContext["access"], caller: Caller, id: string): Promise<StoredKey> {
  const [key] = await tables.readKeys([id]);
  const owner = ownerSeenBy(caller);
  if (!key || (owner !== undefined && key.owner !== owner)) throw notThere(id);
  return key;
}

function notThere(id: string): ProblemError {
  return new ProblemError("not-found", `there is no key ${id}`);
}

function tellNew(request: FastifyRequest, reply: FastifyReply, { text }: MadeKey, stored: StoredKey) {
  noteObject(request, stored.id);
  reply.header("cache-control", "no-store");
  return reply.code(201).send({ key: text, resource: tellKey(stored) });
}

function tellKey(stored: StoredKey): KeyResource {
  const { digest: _digest, family: _family, createdAt, expiresAt, revokedAt, lastUsedAt, ...said } = stored;
  const scopes = said.scopes.flatMap((scope) => Scope.safeParse(scope).data ?? []);
  const instant = (date: Date | null) => date?.toISOString() ?? null;
  return {
    ...{ ...said, scopes, createdAt: createdAt.toISOString() },
    ...{ expiresAt: instant(expiresAt), revokedAt: instant(revokedAt), lastUsedAt: instant(lastUsedAt) },
  };
}
