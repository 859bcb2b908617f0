import type { Api } from "./api-context.ts";
import { ProblemError } from "./problem-error.ts";

/** A request of HTTP/1.1 has a Host (RFC 9112, 3.2). */
export function requireHost(app: Api): void {
  app.addHook("onRequest", async ({ raw }) => {
    if (raw.httpVersion === "1.1" && raw.headers.host === undefined) {
      throw new ProblemError("invalid-request", "expected a Host header field, got none");
    }
  });
}
