import { problemOf } from "./answer-errors.ts";
import type { Api, ApiContext } from "./api-context.ts";

/** Tells of every request that is answered. By its route's pattern: paths hold ids, and there are millions of them. */
export function countRequests(app: Api, { events, held }: Pick<ApiContext, "events" | "held">): void {
  app.addHook("onResponse", async (request, reply) =>
    events.requestAnswered({
      route: request.routeOptions.url,
      method: request.method,
      status: reply.statusCode,
      problem: problemOf(reply),
      // How long somebody has waited for something to happen says nothing of the API.
      durationMs: held.wasHeld(reply) ? null : reply.elapsedTime,
    }),
  );
}
