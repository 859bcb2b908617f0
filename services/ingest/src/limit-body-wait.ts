import type { ServerResponse } from "node:http";
import { PassThrough, type Readable } from "node:stream";
import type { Api } from "./api-context.ts";
import { ProblemError } from "./problem-error.ts";

/**
 * Refuses requests whose JSON body has not come whole after `waitMs`. Uploads are not concerned: their handlers start before
 * their bodies come, and watch the pace themselves.
 */
export function limitBodyWait(app: Api, waitMs: number): void {
  app.addHook("preParsing", async ({ headers }, reply, payload) => {
    return /^application\/((.+\+)?json|x-ndjson|jsonl)\b/i.test(headers["content-type"] ?? "")
      ? limitWait(payload, reply.raw, waitMs)
      : payload;
  });
}

function limitWait(body: Readable, answer: ServerResponse, waitMs: number): Readable {
  const limited = new PassThrough();
  const timer = setTimeout(() => {
    body.unpipe(limited);
    limited.destroy(new ProblemError("request-stalled", `expected the body within ${waitMs} ms`));
  }, waitMs);
  // Nobody listens any more where the request was refused before its body had come.
  limited.on("error", () => {});
  limited.once("close", () => clearTimeout(timer));
  body.once("error", (error) => limited.destroy(error));
  body.once("close", () => limited.end());
  answer.once("close", () => {
    clearTimeout(timer);
    // What still comes is read and thrown away.
    limited.resume();
  });
  return body.pipe(limited);
}
