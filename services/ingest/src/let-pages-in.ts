import type { Api, ApiContext } from "./api-context.ts";
import { varyBy } from "./vary-by.ts";

/** What of an answer a script may read, beside what browsers always let it. */
const exposed = [
  "allow",
  "content-disposition",
  "content-location",
  "content-range",
  "etag",
  "idempotency-replayed",
  "location",
  "ratelimit",
  "ratelimit-policy",
  "retry-after",
  "www-authenticate",
  "x-request-id",
].join(", ");
const methods = "GET, HEAD, POST, PUT, PATCH, DELETE";
/** How long a browser goes by what it was told, in seconds. */
const maxAgeSec = 600;

/**
 * Tells browsers that pages of the origins that were named may use the API (CORS), errors included. Keys come in a header, never in a cookie: a browser
 * sends nothing that the page did not have. Nothing is said where none was named.
 */
export function letPagesIn(app: Api, { config }: Pick<ApiContext, "config">): void {
  const { pageOrigins } = config;
  if (pageOrigins.length === 0) return;
  const isLetIn = (origin: string | undefined): origin is string =>
    origin !== undefined && pageOrigins.includes(origin);

  app.addHook("onRequest", async ({ method, headers }, reply) => {
    const asksFirst = method === "OPTIONS" && headers["access-control-request-method"] !== undefined;
    if (!asksFirst || !isLetIn(headers.origin)) return;
    reply.header("access-control-allow-methods", methods).header("access-control-max-age", maxAgeSec);
    const wanted = headers["access-control-request-headers"];
    if (wanted !== undefined) reply.header("access-control-allow-headers", wanted);
    return reply.code(204).send();
  });
  app.addHook("onSend", async ({ headers: { origin } }, reply) => {
    // Caches keep what one page was told from another.
    varyBy(reply, "origin");
    if (!isLetIn(origin)) return;
    reply.header("access-control-allow-origin", origin).header("access-control-expose-headers", exposed);
  });
}
