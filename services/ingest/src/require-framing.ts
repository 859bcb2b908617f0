import type { Api } from "./api-context.ts";
import { ProblemError } from "./problem-error.ts";

/** What HTTP wants of every request, and Node's parser lets by: a Host (RFC 9112, 3.2), and no coding that nothing takes off (6.1). */
export function requireFraming(app: Api): void {
  app.addHook("onRequest", async ({ raw }) => {
    const { host, "transfer-encoding": coding } = raw.headers;
    if (raw.httpVersion === "1.1" && host === undefined) {
      throw new ProblemError("invalid-request", "expected a Host header field, got none");
    }
    if (coding !== undefined && coding.trim().toLowerCase() !== "chunked") {
      throw new ProblemError("invalid-request", `transfer-encoding: expected chunked, got ${coding}`);
    }
  });
}
