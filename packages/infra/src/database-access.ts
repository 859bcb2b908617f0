import type { FleetSpec } from "@segue/contracts/fleet-spec";
import { accountEmail, databaseUser } from "./names.ts";

/** Statements that one user of the database runs. */
export interface AccessStep {
  readonly as: string;
  readonly sql: readonly string[];
}

/**
 * What services may do in the database, which Google's API does not know: whoever writes (the catalog, which migrates) makes tables and
 * owns them; whoever reads is the API, may read those, and write what the API itself keeps (keys, webhooks: docs/adr/0078-keys-and-owners.md). The tables for that are
 * made by migrations, which give it to the accounts that are named here; to a reader that comes later it is given here. Run in this order, before the first start and
 * before each update; again does no harm.
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
        "CREATE TABLE IF NOT EXISTS api_accounts (name text PRIMARY KEY);",
        `INSERT INTO api_accounts VALUES ('${reader}') ON CONFLICT DO NOTHING;`,
        `DO $$ BEGIN IF to_regproc('let_serve_api') IS NOT NULL THEN PERFORM let_serve_api('${reader}'); END IF; END $$;`,
      ]),
    })),
  ];
}
