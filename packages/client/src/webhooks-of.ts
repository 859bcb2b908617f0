import {
  CreatedWebhook,
  DeliveryPage,
  DeliveryReceipt,
  ReplayedDeliveries,
  RotatedSecret,
  WebhookList,
  WebhookResource,
} from "@segue/contracts";
import type { ApiClient, WebhookClient } from "./api-client.ts";
import type { Connection } from "./connection.ts";
import { queryOf } from "./query-of.ts";
import { readAnswer, readIfFound, readJson } from "./read-answer.ts";

/** The part of the client that has to do with webhooks. */
export function webhooksOf(connection: Connection): Pick<ApiClient, keyof WebhookClient> {
  const url = "/v1/webhooks";
  return {
    async createWebhook(body, options) {
      return readAnswer(await connection.post(url, body, options), CreatedWebhook);
    },
    async listWebhooks(options) {
      return readAnswer(await connection.get(url, options), WebhookList);
    },
    async readWebhook(id, options) {
      return readIfFound(await connection.get(`${url}/${id}`, options), WebhookResource);
    },
    async changeWebhook(id, patch, options) {
      return readIfFound(await connection.patch(`${url}/${id}`, patch, options), WebhookResource);
    },
    async deleteWebhook(id, options) {
      const answer = await connection.delete(`${url}/${id}`, options);
      if (answer.statusCode !== 404) await readJson(answer);
      else await answer.body.dump();
      return answer.statusCode !== 404;
    },
    async rotateWebhookSecret(id, body = {}, options = {}) {
      return readIfFound(await connection.post(`${url}/${id}/rotate`, body, options), RotatedSecret);
    },
    async testWebhook(id, options) {
      return readIfFound(await connection.post(`${url}/${id}/test`, {}, options), DeliveryReceipt);
    },
    async listDeliveries(id, query = {}, options = {}) {
      const path = `${url}/${id}/deliveries?${queryOf(query)}`;
      return readIfFound(await connection.get(path, options), DeliveryPage);
    },
    async replayDelivery(id, deliveryId, options) {
      const path = `${url}/${id}/deliveries/${deliveryId}/replay`;
      return readIfFound(await connection.post(path, {}, options), DeliveryReceipt);
    },
    async replayDeliveries(id, body, options) {
      return readIfFound(await connection.post(`${url}/${id}/replay`, body, options), ReplayedDeliveries);
    },
  };
}
