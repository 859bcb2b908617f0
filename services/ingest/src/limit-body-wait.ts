import { PassThrough, type Readable } from "node:stream";
import type { Api } from "./api-context.ts";
import { ProblemError } from "./problem-error.ts";

/**
 * Refuses requests whose JSON body has not come whole after `waitMs`. Uploads are not concerned: their handlers start before
 * their bodies come, and watch the pace themselves.
 */
export function limitBodyWait(app: Api, waitMs: number): void {
  app.addHook("preParsing", async ({ headers }, _reply, payload) => {
    return /^application\/(.+\+)?json\b/i.test(headers["content-type"] ?? "")
      ? limitWait(payload, waitMs)
      : payload;
  });
}

function limitWait(body: Readable, waitMs: number): Readable {
  const limited = new PassThrough();
  const timer = setTimeout(() => {
    body.unpipe(limited);
    limited.destroy(new ProblemError("request-stalled", `expected the body within ${waitMs} ms`));
  }, waitMs);
  limited.once("close", () => clearTimeout(timer));
  body.once("error", (error) => limited.destroy(error));
  body.once("close", () => limited.end());
  return body.pipe(limited);
}
