import { ChangePage, ChangeQuery } from "@segue/contracts";
import type { Api, ApiContext } from "../api-context.ts";
import { within } from "../changes/abort-after.ts";
import { readChangePage } from "../changes/read-change-page.ts";
import { waitForChanges } from "../changes/wait-for.ts";
import { ownerOf } from "../owner-of.ts";
import { problems } from "./problems.ts";

/** `GET /v1/changes`: what has happened to tracks, oldest first, without a gap. */
export function listChangesRoute(app: Api, context: ApiContext): void {
  const schema = {
    operationId: "listChanges",
    summary: "What has happened to tracks since a cursor, oldest first and without a gap",
    querystring: ChangeQuery,
    response: { 200: ChangePage, ...problems(400, 410, 429, 503) },
  };
  app.get("/v1/changes", { schema }, async (request, reply) => {
    reply.header("cache-control", "no-store");
    const { wait = 0 } = request.query;
    const query = { ...request.query, owner: ownerOf(request) };
    if (wait === 0) return readChangePage(context.catalog, query);
    const signal = context.held.hold(reply);
    return within(1_000 * wait, signal, (until) => waitForChanges(context, until, query));
  });
}
