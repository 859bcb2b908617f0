import type { FleetSpec } from "@segue/contracts/fleet-spec";
import { accountEmail, databaseUser } from "./names.ts";

/** Statements that one user of the database runs. */
export interface AccessStep {
  readonly as: string;
  readonly sql: readonly string[];
}

/**
 * What services may do in the database, which Google's API does not know: whoever writes (the catalog, which migrates) makes tables and
 * owns them; whoever reads may read those, and write what the API itself keeps (`api_*`; webhooks, docs/adr/0077-webhooks.md), which the migrations that make these
 * tables see to; here it is for a reader that comes later. Run once, in this order, before the first start; again does no harm.
 */
export function databaseAccess({ project, prefix, services }: FleetSpec): readonly AccessStep[] {
  const usersWho = (access: "read" | "write") =>
    services.flatMap(({ name, grants }) =>
      grants.database === access ? [databaseUser(accountEmail(project, prefix, name))] : [],
    );
  const writers = usersWho("write");
  const readers = usersWho("read");
  return [
    {
      as: "postgres",
      sql: [
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC;",
        ...writers.map((writer) => `GRANT USAGE, CREATE ON SCHEMA public TO "${writer}";`),
        ...readers.map((reader) => `GRANT USAGE ON SCHEMA public TO "${reader}";`),
      ],
    },
    ...writers.map((writer) => ({
      as: writer,
      sql: readers.flatMap((reader) => [
        `ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO "${reader}";`,
        `GRANT SELECT ON ALL TABLES IN SCHEMA public TO "${reader}";`,
        grantOwnTables(reader),
        // Of a catalog that has webhooks: their secrets are not among what is read, and the rest is written too.
        `DO $$ BEGIN IF to_regproc('let_write_webhooks') IS NOT NULL THEN PERFORM let_write_webhooks('${reader}'); END IF; END $$;`,
      ]),
    })),
  ];
}

/** Tables that keep what is nowhere else: keys, what they have used, who wrote what. */
function grantOwnTables(reader: string): string {
  const tables = "api_keys, api_usage, api_charges, api_audit";
  return `DO $$ BEGIN IF to_regclass('api_audit') IS NOT NULL THEN GRANT SELECT, INSERT, UPDATE, DELETE ON ${tables} TO "${reader}"; END IF; END $$;`;
}
