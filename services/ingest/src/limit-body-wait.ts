import type { FastifyRequest } from "fastify";
import type { Api } from "./api-context.ts";

/**
 * Ends connections whose JSON body has not come after `waitMs`. Uploads are not concerned: their handlers start before
 * their bodies come, and watch the pace themselves.
 */
export function limitBodyWait(app: Api, waitMs: number): void {
  const timers = new WeakMap<FastifyRequest, NodeJS.Timeout>();
  app.addHook("onRequest", async (request) => {
    timers.set(
      request,
      setTimeout(() => request.raw.destroy(), waitMs),
    );
  });
  const clear = async (request: FastifyRequest) => clearTimeout(timers.get(request));
  app.addHook("preValidation", clear);
  // Of requests that are refused before they get that far.
  app.addHook("onResponse", clear);
  app.addHook("onRequestAbort", clear);
}
