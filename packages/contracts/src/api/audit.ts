import { z } from "zod";
import { Instant, Name } from "../ids.ts";

/** That somebody wrote something, or tried to. */
export const AuditEntry = z
  .object({
    at: Instant,
    keyId: z
      .string()
      .nullable()
      .describe(
        "of the key that it came with; `admin`: the one from the environment; null: none that is known",
      ),
    owner: Name.nullable().describe(
      "of the key; null: none is known, or it operates the fleet: what that does may be about anybody's",
    ),
    action: z.string().describe("the operation, as this description calls it"),
    object: z
      .string()
      .nullable()
      .describe("on what: the id of a track, a key, a job, a backfill, a ping; null where none came of it"),
    address: z.string().describe("from where the request came, as the API saw it"),
    requestId: z.string().describe("of the request, as X-Request-Id and the service's log lines have it"),
    status: z.int().describe("of the answer"),
  })
  .meta({ id: "AuditEntry" });
export type AuditEntry = z.infer<typeof AuditEntry>;

/** What `GET /v1/audit` takes. */
export const AuditQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1_000).default(100).describe("entries on a page"),
  cursor: z
    .string()
    .regex(/^[1-9]\d{0,17}$/, "expected a nextCursor of this API")
    .optional()
    .meta({ description: "`nextCursor` of the page before", examples: ["1000"] }),
});
export type AuditQuery = z.infer<typeof AuditQuery>;

export const AuditPage = z.object({
  entries: z.array(AuditEntry).describe("the newest first"),
  nextCursor: z.string().nullable().describe("for the next, older page; null on the last one"),
});
export type AuditPage = z.infer<typeof AuditPage>;
