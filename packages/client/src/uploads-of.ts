import { TrackReceipt, UploadResource } from "@segue/contracts";
import { mayPass } from "./api-errors.ts";
import type { Connection } from "./connection.ts";
import { readAnswer, readIfFound, readJson } from "./read-answer.ts";
import type { UploadClient } from "./upload-client.ts";

/** The part of the client that has to do with files that go to storage directly. */
export function uploadsOf(connection: Connection): UploadClient {
  const url = "/v1/uploads";
  return {
    async beginUpload(body, options) {
      return readAnswer(await connection.post(url, body, options), UploadResource);
    },
    async readUpload(id, options) {
      return readIfFound(await connection.get(`${url}/${id}`, options), UploadResource);
    },
    async completeUpload(id, options) {
      return readAnswer(await connection.post(`${url}/${id}/complete`, {}, options), TrackReceipt);
    },
    async giveUpUpload(id, options) {
      const answer = await connection.delete(`${url}/${id}`, options);
      if (answer.statusCode !== 404) await readJson(answer);
      else await answer.body.dump();
      return answer.statusCode !== 404;
    },
    async sendPart(sessionUrl, { start, bytes, sizeBytes }, options) {
      const range = bytes.length === 0 ? "*" : `${start}-${start + bytes.length - 1}`;
      const answer = await connection.putBytes(sessionUrl, bytes, `bytes ${range}/${sizeBytes}`, options);
      if (answer.statusCode === 308) {
        await answer.body.dump();
        const last = /^bytes=0-(\d+)$/.exec(String(answer.headers.range ?? ""))?.[1];
        return last === undefined ? 0 : Number(last) + 1;
      }
      try {
        await readJson(answer);
        return sizeBytes;
      } catch (error) {
        if (mayPass(error)) throw error;
        return "over";
      }
    },
  };
}
