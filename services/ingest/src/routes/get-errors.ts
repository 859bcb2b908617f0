import { describeErrors, ErrorList } from "@segue/contracts";
import type { Api, ApiContext } from "../api-context.ts";

/** `GET /v1/errors`: every code that an outcome or an answer can have. */
export function getErrorsRoute(app: Api, { chain }: ApiContext): void {
  const schema = {
    operationId: "listErrors",
    summary: "Every error code: what it means and what to do",
    response: { 200: ErrorList },
  };
  app.get("/v1/errors", { schema }, async () => ({ errors: describeErrors(chain.steps) }));
}
