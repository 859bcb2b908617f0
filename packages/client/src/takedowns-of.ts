import {
  CancelAnswer,
  ReceiptKeys,
  TakedownPage,
  TakedownReceiptLink,
  TakedownResource,
} from "@segue/contracts";
import type { Connection } from "./connection.ts";
import { queryOf } from "./query-of.ts";
import { readAnswer, readIfFound } from "./read-answer.ts";
import type { TakedownClient } from "./takedown-client.ts";

const url = "/v1/takedowns";

export function takedownsOf(connection: Connection): TakedownClient {
  return {
    async deleteTrack(id, options) {
      return readIfFound(await connection.delete(`/v1/tracks/${id}`, options), TakedownReceiptLink);
    },
    async cancelTrack(id, options) {
      return readIfFound(await connection.post(`/v1/tracks/${id}/cancel`, {}, options), CancelAnswer);
    },
    async takeDown(body, options) {
      return readAnswer(await connection.post(url, body, options), TakedownReceiptLink);
    },
    async readTakedown(id, options) {
      return readIfFound(await connection.get(`${url}/${id}`, options), TakedownResource);
    },
    async listTakedowns(query = {}, options = {}) {
      return readAnswer(await connection.get(`${url}?${queryOf({ ...query })}`, options), TakedownPage);
    },
    async listReceiptKeys(options) {
      return readAnswer(await connection.get(`${url}/keys`, options), ReceiptKeys);
    },
  };
}
