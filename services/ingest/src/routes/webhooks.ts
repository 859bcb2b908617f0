import { randomBytes } from "node:crypto";
import type { StoredWebhook } from "@segue/catalog-db";
import {
  CreatedWebhook,
  createId,
  maxWebhooks,
  RotatedSecret,
  SecretRotation,
  WebhookId,
  WebhookList,
  WebhookPatch,
  WebhookRequest,
  WebhookResource,
  webhookSecretPrefix,
} from "@segue/contracts";
import { judgeWebhookUrl } from "@segue/intake";
import { z } from "zod";
import type { Api, ApiContext } from "../api-context.ts";
import { baseUrl } from "../base-url.ts";
import { ownerOf } from "../owner-of.ts";
import { ProblemError } from "../problem-error.ts";
import { problems } from "./problems.ts";
import { noWebhook, tellOfIt } from "./webhook-answers.ts";
import { webhookDeliveryRoutes } from "./webhook-deliveries.ts";

const url = "/v1/webhooks";
const secretBytes = 32;
/** Of a webhook, that sign at once: each is a signature in every request. */
const mostSecrets = 5;

/** `/v1/webhooks`: who is told of changes by being called. The catalog sends; the API writes what it is to send to whom. */
export function webhookRoutes(app: Api, context: ApiContext): void {
  createRoute(app, context);
  readRoutes(app, context);
  changeRoutes(app, context);
  webhookDeliveryRoutes(app, context);
}

function createRoute(app: Api, context: ApiContext): void {
  const schema = {
    operationId: "createWebhook",
    summary: "Have changes sent to a URL, from now on. The answer has the secret that they are signed with",
    body: WebhookRequest,
    response: { 201: CreatedWebhook, ...problems(400, 409, 503) },
  };
  app.post(url, { schema }, async (request, reply) => {
    requireCallable(context, request.body.url);
    const ref = { owner: ownerOf(request), id: createId(context.now()) };
    const secret = createSecret();
    const webhook = await context.webhooks.create({ ...ref, ...request.body, secret }, maxWebhooks);
    if (!webhook) throw new ProblemError("conflict", `expected fewer than ${maxWebhooks} webhooks`);
    tellOfIt(context);
    context.log.info({ webhook: ref.id, host: new URL(webhook.url).host }, "webhook created");
    const location = `${baseUrl(context, request)}${url}/${ref.id}`;
    return reply
      .code(201)
      .header("location", location)
      .header("cache-control", "no-store")
      .send({ ...webhook, secret });
  });
}

function readRoutes(app: Api, context: ApiContext): void {
  const list = {
    operationId: "listWebhooks",
    summary: "Who is told of changes by being called",
    response: { 200: WebhookList, ...problems(503) },
  };
  app.get(url, { schema: list }, async (request) => ({
    webhooks: await context.webhooks.list(ownerOf(request)),
  }));
  const get = {
    operationId: "getWebhook",
    summary: "A webhook, and how it fares",
    params: z.object({ id: WebhookId }),
    response: { 200: WebhookResource, ...problems(400, 404, 503) },
  };
  app.get(`${url}/:id`, { schema: get }, async (request) => {
    const ref = { owner: ownerOf(request), id: request.params.id };
    return requireFound(await context.webhooks.find(ref), ref.id);
  });
}

function changeRoutes(app: Api, context: ApiContext): void {
  const params = z.object({ id: WebhookId });
  const patch = {
    operationId: "changeWebhook",
    summary: "Change a webhook, pause it, or have one that was paused or disabled go on where it was",
    params,
    body: WebhookPatch,
    response: { 200: WebhookResource, ...problems(400, 404, 503) },
  };
  app.patch(`${url}/:id`, { schema: patch }, async (request) => {
    const { body } = request;
    if (body.url !== undefined) requireCallable(context, body.url);
    const ref = { owner: ownerOf(request), id: request.params.id };
    const webhook = requireFound(await context.webhooks.change(ref, body), ref.id);
    tellOfIt(context);
    return webhook;
  });
  const remove = {
    operationId: "deleteWebhook",
    summary: "Remove a webhook, with all that was to be sent to it",
    params,
    response: { 204: z.null().describe("It is gone"), ...problems(400, 404, 503) },
  };
  app.delete(`${url}/:id`, { schema: remove }, async (request, reply) => {
    const ref = { owner: ownerOf(request), id: request.params.id };
    if (!(await context.webhooks.remove(ref))) throw noWebhook(ref.id);
    return reply.code(204).send(null);
  });
  const rotate = {
    operationId: "rotateWebhookSecret",
    summary: "A new secret; for a while those before sign as well",
    params,
    body: SecretRotation,
    response: { 200: RotatedSecret, ...problems(400, 404, 409, 503) },
  };
  app.post(`${url}/:id/rotate`, { schema: rotate }, async (request, reply) => {
    const ref = { owner: ownerOf(request), id: request.params.id };
    const secret = createSecret();
    const { overlapSec } = request.body;
    const rotated = await context.webhooks.rotate(ref, { secret, overlapSec, most: mostSecrets });
    if (!rotated) throw noWebhook(ref.id);
    if (!rotated.isMade)
      throw new ProblemError(
        "conflict",
        `expected fewer than ${mostSecrets} secrets that sign; shorten the overlap, or wait`,
      );
    const { previousExpiresAt } = rotated;
    return reply.header("cache-control", "no-store").send({ secret, previousExpiresAt });
  });
}

function createSecret(): string {
  return webhookSecretPrefix + randomBytes(secretBytes).toString("base64");
}

/** As far as the URL tells; where its name leads is looked at whenever it is called. @throws {ProblemError} `invalid-request`. */
function requireCallable({ config }: ApiContext, text: string): void {
  const refusal = judgeWebhookUrl(new URL(text), { allowPrivate: config.allowPrivateSources });
  if (refusal !== undefined) throw new ProblemError("invalid-request", `url: ${refusal}`);
}

function requireFound(webhook: StoredWebhook | undefined, id: string): StoredWebhook {
  if (!webhook) throw noWebhook(id);
  return webhook;
}
