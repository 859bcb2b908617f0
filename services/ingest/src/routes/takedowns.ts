import type { StoredTakedown } from "@segue/catalog-db";
import {
  ReceiptKeys,
  TakedownId,
  TakedownPage,
  TakedownQuery,
  TakedownReceiptLink,
  TakedownRequest,
  TakedownRequested,
  TakedownResource,
} from "@segue/contracts";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { Api, ApiContext } from "../api-context.ts";
import { askTakedown, describeTakedown, linkOf, takedownsUrl as url } from "../ask-takedown.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import { noteObject } from "../keys/audit-writes.ts";
import { answerOnce } from "../once/answer-once.ts";
import { ProblemError } from "../problem-error.ts";
import { sightOf } from "../sight-of.ts";
import { traceRequest } from "../trace-request.ts";
import { problems } from "./problems.ts";

/** `/v1/takedowns`: masters that are to go from all owners; how far what was deleted is; and what receipts were signed with. */
export function takedownRoutes(app: Api, context: ApiContext): void {
  createRoute(app, context);
  readRoutes(app, context);
}

function createRoute(app: Api, context: ApiContext): void {
  const schema = {
    operationId: "createTakedown",
    summary:
      "Take masters down: all tracks of them go, whoever's they are, with all that was derived from them",
    body: TakedownRequest,
    response: { 202: TakedownReceiptLink, ...problems(400, 422, 503) },
  };
  app.post(url, { schema }, async (request, reply) => {
    const { masters: named, again, reason } = request.body;
    const masters = [...new Set(named)];
    return answerOnce(context, request, reply, {
      request: { route: `POST ${url}`, masters, again, reason: reason ?? null },
      plan: TakedownRequested,
      decide: async () =>
        describeTakedown(context, request, { cause: "takedown", masters, again, reason: reason ?? null }),
      carryOut: (requested) =>
        traceRequest(request, `POST ${url}`, async (trace) => {
          noteObject(request, requested.takedownId);
          await askTakedown(context, requested, trace);
          const link = linkOf(context, request, requested.takedownId);
          return { status: 202, location: link.url, body: { ...link } };
        }),
    });
  });
}

function readRoutes(app: Api, context: ApiContext): void {
  const list = {
    operationId: "listTakedowns",
    summary: "What was deleted, the newest first: an owner's own, or, for whoever operates the fleet, all",
    querystring: TakedownQuery,
    response: { 200: TakedownPage, ...problems(400, 503) },
  };
  app.get(url, { schema: list }, async (request) => {
    const { limit, cursor } = request.query;
    const before = cursor === undefined ? undefined : decodeCursor(cursor);
    const found = await context.catalog.listTakedowns({ owner: seenBy(request), before, limit: limit + 1 });
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    return {
      takedowns: page.map((stored) => describe(context, request, stored)),
      nextCursor: last ? encodeCursor(last.id) : null,
    };
  });

  const keys = {
    operationId: "listReceiptKeys",
    summary: "Public keys that receipts were signed with, the latest first",
    response: { 200: ReceiptKeys, ...problems(503) },
  };
  app.get(`${url}/keys`, { schema: keys }, async () => ({
    keys: (await context.catalog.receiptKeys()).map((key) => ({ ...key, algorithm: "Ed25519" as const })),
  }));

  const get = {
    operationId: "getTakedown",
    summary: "How far a takedown is, and its signed receipts",
    params: z.object({ id: TakedownId }),
    response: { 200: TakedownResource, ...problems(400, 404, 503) },
  };
  app.get(`${url}/:id`, { schema: get }, async (request) => {
    const { id } = request.params;
    const owner = seenBy(request);
    const stored = await context.catalog.takedown(id, owner);
    if (stored) return describe(context, request, stored);
    const requested = await context.takedowns.readRequested(id);
    if (!requested || (owner !== undefined && requested.owner !== owner))
      throw new ProblemError("not-found", `there is no takedown ${id}`);
    const { cause, tracks, masters, again, reason, requestedAt } = requested;
    const nothing = { removedAt: null, finalAt: null, removedReceipt: null, finalReceipt: null };
    const asked = { id, cause, state: "asked", tracks, masters, again, reason, requestedAt };
    return describe(context, request, { ...asked, ...nothing });
  });
}

/** Undefined: all. */
function seenBy(request: FastifyRequest): string | undefined {
  const { owner, sees } = sightOf(request);
  return sees ? undefined : owner;
}

function describe(
  context: ApiContext,
  request: FastifyRequest,
  { removedReceipt, finalReceipt, ...stored }: StoredTakedown,
): TakedownResource {
  const receipts = [removedReceipt, finalReceipt].flatMap((receipt) => receipt ?? []);
  return { ...stored, ...linkOf(context, request, stored.id), receipts };
}
