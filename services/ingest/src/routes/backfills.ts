import type { StoredBackfill } from "@segue/catalog-db";
import {
  BackfillId,
  BackfillList,
  BackfillReceipt,
  BackfillRequest,
  BackfillRequested,
  BackfillResource,
  backfillActions,
  createId,
} from "@segue/contracts";
import type { TraceContext } from "@segue/telemetry";
import { z } from "zod";
import { planTargets } from "../accept-track.ts";
import type { Api, ApiContext } from "../api-context.ts";
import { baseUrl } from "../base-url.ts";
import { describeBackfill } from "../describe-backfill.ts";
import { answerOnce } from "../once/answer-once.ts";
import { ProblemError } from "../problem-error.ts";
import { traceRequest } from "../trace-request.ts";
import { problems } from "./problems.ts";

const params = z.object({ id: BackfillId });
const url = "/v1/backfills";

/** `/v1/backfills`: targets for tracks that are there already. The catalog drives them; the API passes on what is asked. */
export function backfillRoutes(app: Api, context: ApiContext): void {
  const create = {
    operationId: "createBackfill",
    summary: "Have what is missing of tracks made, behind what is live",
    body: BackfillRequest,
    response: { 202: BackfillReceipt, ...problems(400, 422, 503) },
  };
  app.post(url, { schema: create }, async (request, reply) => {
    const { body } = request;
    return answerOnce(context, request, reply, {
      request: { route: `POST ${url}`, body },
      plan: BackfillRequested,
      decide: async () => describeRequest(context, body),
      async carryOut(fact) {
        await traceRequest(request, `POST ${url}`, (trace) => announce(context, fact, trace));
        context.log.info({ backfill: fact.backfillId, targets: fact.targets }, "backfill requested");
        const location = `${baseUrl(context, request)}${url}/${fact.backfillId}`;
        return { status: 202, location, body: { id: fact.backfillId, url: location } };
      },
    });
  });

  const list = {
    operationId: "listBackfills",
    summary: "The latest backfills",
    response: { 200: BackfillList, ...problems(503) },
  };
  app.get(url, { schema: list }, async (request) => ({
    backfills: (await context.catalog.backfills()).map((backfill) =>
      describeBackfill(backfill, baseUrl(context, request)),
    ),
  }));

  const get = {
    operationId: "getBackfill",
    summary: "How far a backfill is, and what came of it",
    params,
    response: { 200: BackfillResource, ...problems(400, 404, 503) },
  };
  app.get(`${url}/:id`, { schema: get }, async (request) =>
    describeBackfill(await readOne(context, request.params.id), baseUrl(context, request)),
  );

  steerRoutes(app, context);
}

/** One for each way to steer a backfill that is not over. */
function steerRoutes(app: Api, context: ApiContext): void {
  for (const action of backfillActions) {
    const steer = {
      operationId: `${action}Backfill`,
      summary: `${action[0]?.toUpperCase()}${action.slice(1)} a backfill; what is under way comes to its end`,
      params,
      response: { 202: BackfillReceipt, ...problems(400, 404, 409, 503) },
    };
    app.post(`${url}/:id/${action}`, { schema: steer }, async (request, reply) => {
      const { id, finishedAt, state } = await readOne(context, request.params.id);
      if (finishedAt !== null)
        throw new ProblemError("conflict", `expected a backfill that is not over; it is ${state}`);
      const at = context.now().toISOString();
      await traceRequest(request, `POST ${url}/:id/${action}`, async (trace) => {
        const order = { v: 1, type: "BackfillSteered", backfillId: id, action, at } as const;
        await context.publisher.announceBackfill(await context.backfills.steer(order), trace);
      });
      return reply.code(202).send({ id, url: `${baseUrl(context, request)}${url}/${id}` });
    });
  }
}

/** Safe first: a catalog that did not hear of it finds it in storage. */
async function announce(
  { backfills, publisher }: ApiContext,
  fact: BackfillRequested,
  trace: TraceContext,
): Promise<void> {
  await backfills.create(fact);
  await publisher.announceBackfill(fact, trace);
}

/** @throws {ProblemError} `invalid-request` naming the targets, or the steps that these need. */
function describeRequest(context: ApiContext, body: z.output<typeof BackfillRequest>): BackfillRequested {
  const { targets, wants } = planTargets(context, body.targets);
  const strange = body.force.filter((step) => !wants.includes(step));
  if (strange.length > 0) {
    throw new ProblemError(
      "invalid-request",
      `force: the targets don't need ${strange.join(", ")}; they need: ${wants.join(", ")}`,
    );
  }
  const now = context.now();
  return {
    v: 1,
    type: "BackfillRequested",
    backfillId: createId(now),
    targets,
    force: [...new Set(body.force)],
    selection: {
      trackId: body.trackId ?? null,
      acceptedSince: body.acceptedSince ?? null,
      state: body.state ?? null,
    },
    inFlight: body.inFlight,
    requestedAt: now.toISOString(),
  };
}

async function readOne(context: ApiContext, id: string): Promise<StoredBackfill> {
  const [backfill] = await context.catalog.backfills(id);
  if (backfill) return backfill;
  throw new ProblemError(
    "not-found",
    `no backfill ${id}; one that was just asked for appears within seconds`,
  );
}
