import { TrackReceipt } from "@segue/contracts";
import { ApiProblem, readProblem } from "../api/api-problem.ts";
import type { Api } from "../api/create-api.ts";
import type { UploadOptions } from "./uploads.ts";

/** Sends files as they are. By `XMLHttpRequest`: `fetch` does not tell how much has been sent. */
export function sendFilesTo(api: Api): UploadOptions["send"] {
  return (file, { key, onProgress }) =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      const query = new URLSearchParams({ filename: file.name });
      request.open("POST", api.url(`v1/tracks?${query}`));
      const headers = {
        ...api.headers(),
        // Whatever the system takes it for: what it is, `decode` finds out.
        "content-type": "application/octet-stream",
        "idempotency-key": key,
      };
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      request.upload.addEventListener("progress", ({ loaded }) => onProgress(loaded));
      request.addEventListener("error", () => reject(new ApiProblem(0, "no-answer", "the connection broke")));
      request.addEventListener("load", () => {
        const { status, responseText } = request;
        if (status >= 200 && status < 300) return resolve(TrackReceipt.parse(JSON.parse(responseText)).id);
        const problem = readProblem(status, responseText, request.getResponseHeader("retry-after"));
        api.note(problem);
        reject(problem);
      });
      request.send(file);
    });
}
