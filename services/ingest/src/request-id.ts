import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { withLogFields } from "@segue/telemetry";
import type { Api } from "./api-context.ts";

/** Ids of others end up in logs and headers: printable, without spaces, and short. */
const wellFormed = /^[\w.:/+=@-]{1,128}$/;

/** A request's id: the client's own where it sends a well-formed one, so that both sides' logs can be laid side by side. */
export function requestIdOf({ headers }: Pick<IncomingMessage, "headers">): string {
  const given = headers["x-request-id"];
  return typeof given === "string" && wellFormed.test(given) ? given : randomUUID();
}

/**
 * Every answer names its request's id, and so does every line that is logged for it, wherever it is written. No answer is taken for
 * anything but what its Content-Type says.
 */
export function nameRequests(app: Api): void {
  app.addHook("onRequest", (request, reply, done) => {
    reply.headers({
      "x-request-id": request.id,
      "x-content-type-options": "nosniff",
      // What a track is like changes; files say otherwise of themselves.
      "cache-control": "no-cache",
    });
    withLogFields({ requestId: request.id }, done);
  });
  // Bodies come in the connection's context, not in the request's.
  app.addHook("preValidation", (request, _reply, done) => {
    withLogFields({ requestId: request.id }, done);
  });
}
