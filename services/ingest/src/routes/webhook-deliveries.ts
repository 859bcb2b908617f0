import {
  createId,
  DeliveriesReplay,
  DeliveryId,
  DeliveryPage,
  DeliveryQuery,
  DeliveryReceipt,
  maxReplayed,
  ReplayedDeliveries,
  WebhookId,
  type WebhookTest,
  webhookTestType,
} from "@segue/contracts";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { Api, ApiContext } from "../api-context.ts";
import { ownerOf } from "../owner-of.ts";
import { ProblemError } from "../problem-error.ts";
import { problems } from "./problems.ts";
import { noWebhook, tellOfIt } from "./webhook-answers.ts";

const url = "/v1/webhooks/:id";
const params = z.object({ id: WebhookId });

/** Of a webhook, that wait. */
const mostTests = 10;

/** `/v1/webhooks/:id/deliveries`, and what is sent at somebody's wish: a test, and what was sent once more. */
export function webhookDeliveryRoutes(app: Api, context: ApiContext): void {
  logRoute(app, context);
  replayRoutes(app, context);
  testRoute(app, context);
}

function logRoute(app: Api, context: ApiContext): void {
  const schema = {
    operationId: "listDeliveries",
    summary: "What was sent to a webhook and is to be sent, the newest first",
    params,
    querystring: DeliveryQuery,
    response: { 200: DeliveryPage, ...problems(400, 404, 503) },
  };
  app.get(`${url}/deliveries`, { schema }, async (request) => {
    const id = await requireOwn(context, request, request.params.id);
    const { limit } = request.query;
    const found = await context.deliveries.list(id, request.query);
    const page = found.slice(0, limit);
    return {
      deliveries: page.map(({ seq: _, ...delivery }) => delivery),
      nextCursor: found.length > limit ? (page.at(-1)?.seq ?? null) : null,
    };
  });
}

function replayRoutes(app: Api, context: ApiContext): void {
  const one = {
    operationId: "replayDelivery",
    summary: "Send a delivery once more, under the id that it has",
    params: z.object({ id: WebhookId, deliveryId: DeliveryId }),
    response: { 202: DeliveryReceipt, ...problems(400, 404, 503) },
  };
  app.post(`${url}/deliveries/:deliveryId/replay`, { schema: one }, async (request, reply) => {
    const id = await requireOwn(context, request, request.params.id);
    const { deliveryId } = request.params;
    if (!(await context.deliveries.has(id, deliveryId)))
      throw new ProblemError(
        "not-found",
        `no delivery ${deliveryId} of webhook ${id}, or it is not kept any more`,
      );
    await context.deliveries.replay(id, deliveryId);
    tellOfIt(context);
    return reply.code(202).send({ id: deliveryId });
  });
  const many = {
    operationId: "replayDeliveries",
    summary: "Send once more what was made since a time, under the ids that they have and in their order",
    params,
    body: DeliveriesReplay,
    response: { 202: ReplayedDeliveries, ...problems(400, 404, 503) },
  };
  app.post(`${url}/replay`, { schema: many }, async (request, reply) => {
    const id = await requireOwn(context, request, request.params.id);
    const { since, states } = request.body;
    const replayed = await context.deliveries.replaySince(id, since, states);
    if (replayed > 0) tellOfIt(context);
    return reply.code(202).send({ replayed, hasMore: replayed === maxReplayed });
  });
}

function testRoute(app: Api, context: ApiContext): void {
  const schema = {
    operationId: "testWebhook",
    summary: "Send a webhook an event of the type `webhook.test`, which stands for nothing",
    params,
    response: { 202: DeliveryReceipt, ...problems(400, 404, 409, 503) },
  };
  app.post(`${url}/test`, { schema }, async (request, reply) => {
    const webhookId = await requireOwn(context, request, request.params.id);
    const now = context.now();
    const event: WebhookTest = { type: webhookTestType, webhookId, at: now.toISOString() };
    const delivery = {
      id: createId(now),
      type: webhookTestType,
      body: JSON.stringify(event),
      most: mostTests,
    };
    if (!(await context.deliveries.add(webhookId, delivery)))
      throw new ProblemError("conflict", `expected fewer than ${mostTests} tests that wait to be sent`);
    tellOfIt(context);
    return reply.code(202).send({ id: delivery.id });
  });
}

/** @throws {ProblemError} `not-found`, of another's as well. */
async function requireOwn(context: ApiContext, request: FastifyRequest, id: string): Promise<string> {
  const webhook = await context.webhooks.find({ owner: ownerOf(request), id });
  if (!webhook) throw noWebhook(id);
  return webhook.id;
}
