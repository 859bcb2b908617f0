import type { Page, PageFile } from "@segue/dashboard";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Api, ApiContext } from "../api-context.ts";
import { etagOf, meetConditions } from "../meet-conditions.ts";
import { ProblemError } from "../problem-error.ts";

/** Its own files, its own API, and sound that it has fetched with a key: nothing from anywhere else, nothing inline, in nobody's frame. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const headers = {
  "content-security-policy": contentSecurityPolicy,
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

/** `/` and `/assets/...`: the dashboard; `/docs`: its page about the API. It is open: what it shows it asks the API for, with the key that its reader gives it. */
export function dashboardRoutes(app: Api, { page }: Pick<ApiContext, "page">): void {
  // A link to a page may have anything hung on to it on its way.
  const querystring = z.record(z.string(), z.unknown());
  app.get("/", { schema: { hide: true, querystring } }, async (request, reply) => {
    // Who has it asks whether it is still the same: it names the files of one release.
    return sendPageFile(request, reply, requirePage(page).html, "no-cache");
  });
  app.get("/docs", { schema: { hide: true, querystring } }, async (_request, reply) => {
    requirePage(page);
    // Below whatever path a proxy has put the API.
    return reply.code(302).header("location", "./#/api").send();
  });
  const params = z.object({ file: z.string() });
  app.get("/assets/:file", { schema: { hide: true, params } }, async (request, reply) => {
    const { file } = request.params;
    const asset = requirePage(page).assets.get(file);
    if (!asset) throw new ProblemError("not-found", `the dashboard of this release has no file ${file}`);
    return sendPageFile(request, reply, asset, "public, max-age=31536000, immutable");
  });
}

/** @throws {ProblemError} `not-found`. */
function requirePage(page: Page | undefined): Page {
  if (page) return page;
  throw new ProblemError(
    "not-found",
    "the dashboard was not built: `npm start` and `npm run build` do that, and so does `npm run dashboard`",
  );
}

function sendPageFile(
  request: FastifyRequest,
  reply: FastifyReply,
  { body, contentType, digest }: PageFile,
  cacheControl: string,
): FastifyReply {
  const validators = { etag: etagOf(contentType, digest), lastModified: undefined };
  reply.headers(headers);
  if (meetConditions(request, reply, { validators, contentType, cacheControl }))
    return reply.code(304).send();
  return reply.header("content-type", contentType).send(body);
}
