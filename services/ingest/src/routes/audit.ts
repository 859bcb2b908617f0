import { AuditPage, AuditQuery } from "@segue/contracts";
import type { Api, ApiContext } from "../api-context.ts";
import { callerOf } from "../caller.ts";
import { ownerSeenBy } from "./keys.ts";
import { problems } from "./problems.ts";

/** `GET /v1/audit`: who wrote what, newest first. */
export function auditRoute(app: Api, { access }: ApiContext): void {
  const schema = {
    operationId: "readAudit",
    summary: "Who wrote what, with which key, and what was answered: newest first, a page at a time",
    description:
      "Every request that writes and has a key that is known, within seconds; kept for as long as `SEGUE_AUDIT_KEEP_DAYS` says.",
    querystring: AuditQuery,
    response: { 200: AuditPage, ...problems(400, 503) },
  };
  app.get("/v1/audit", { schema }, async (request) => {
    const { limit, cursor } = request.query;
    const owner = ownerSeenBy(callerOf(request));
    const read = await access.tables.readAudit({ owner, before: cursor, limit: limit + 1 });
    const page = read.slice(0, limit);
    const last = page.at(-1);
    return {
      entries: page.map(({ number: _number, ...entry }) => entry),
      nextCursor: read.length > limit && last ? last.number : null,
    };
  });
}
