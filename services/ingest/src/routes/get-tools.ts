import { ToolsInUse } from "@segue/contracts";
import type { Api, ApiContext } from "../api-context.ts";
import { problems } from "./problems.ts";

const lateMs = 24 * 3_600_000;

/** `GET /v1/tools`: which builds of outside programs have made results in the last day. */
export function getToolsRoute(app: Api, context: ApiContext): void {
  const schema = {
    operationId: "getTools",
    summary: "Builds of outside programs that have made results in the last day",
    response: { 200: ToolsInUse, ...problems(503) },
  };
  app.get("/v1/tools", { schema }, async () => {
    const since = new Date(context.now().getTime() - lateMs);
    return { since: since.toISOString(), tools: await context.catalog.tools(since) };
  });
}
