import { z } from "zod";
import type { Api, ApiContext } from "../api-context.ts";
import { ProblemError } from "../problem-error.ts";
import { problems } from "./problems.ts";

const Healthy = z.object({ status: z.literal("ok") });

/** `GET /healthz`: the process lives. `GET /readyz`: it takes requests. */
export function healthRoutes(app: Api, context: ApiContext): void {
  const live = { operationId: "live", summary: "The process lives", response: { 200: Healthy } };
  app.get("/healthz", { schema: live, logLevel: "warn" }, async () => ({ status: "ok" as const }));

  const ready = {
    operationId: "ready",
    summary: "Requests are taken",
    response: { 200: Healthy, ...problems(503) },
  };
  app.get("/readyz", { schema: ready, logLevel: "warn" }, async () => {
    const why = context.notReady();
    if (why !== undefined) throw new ProblemError("unavailable", why);
    return { status: "ok" as const };
  });
}
