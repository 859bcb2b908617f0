import { CorrectedTracks, CorrectionHistory, StandingCorrection } from "@segue/contracts";
import type { Connection } from "./connection.ts";
import type { CorrectionClient } from "./correction-client.ts";
import { queryOf } from "./query-of.ts";
import { readAnswer, readIfFound, readText } from "./read-answer.ts";

export function correctionsOf(connection: Connection): CorrectionClient {
  const urlOf = (id: string) => `/v1/tracks/${id}/corrections`;
  return {
    async readCorrections(id, options) {
      return readIfFound(await connection.get(urlOf(id), options), CorrectionHistory);
    },
    async correctTrack(id, kind, body, options) {
      return readIfFound(await connection.put(`${urlOf(id)}/${kind}`, body, options), StandingCorrection);
    },
    async takeBackCorrection(id, kind, options) {
      const answer = await connection.delete(`${urlOf(id)}/${kind}`, options);
      if (answer.statusCode === 404) {
        await answer.body.dump();
        return false;
      }
      await readText(answer);
      return true;
    },
    async listCorrections(query = {}, options = {}) {
      return readAnswer(await connection.get(`/v1/corrections?${queryOf(query)}`, options), CorrectedTracks);
    },
  };
}
