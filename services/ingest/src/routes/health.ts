import { Healthy } from "@segue/contracts";
import { z } from "zod";
import type { Api, ApiContext } from "../api-context.ts";
import { ProblemError } from "../problem-error.ts";
import { problems } from "./problems.ts";

const Ready = z.object({ status: z.literal("ok").describe("all is well") });

/** `GET /healthz`: the process lives, and of which fleet it is. `GET /readyz`: it takes requests. */
export function healthRoutes(app: Api, context: ApiContext): void {
  const live = { operationId: "live", summary: "The process lives", response: { 200: Healthy } };
  app.get("/healthz", { schema: live, logLevel: "warn" }, async () => ({
    status: "ok" as const,
    name: "segue" as const,
    fleetId: context.config.fleetId ?? null,
  }));

  const ready = {
    operationId: "ready",
    summary: "Requests are taken",
    response: { 200: Ready, ...problems(503) },
  };
  app.get("/readyz", { schema: ready, logLevel: "warn" }, async () => {
    const why = context.notReady();
    if (why !== undefined) throw new ProblemError("unavailable", why);
    return { status: "ok" as const };
  });
}
