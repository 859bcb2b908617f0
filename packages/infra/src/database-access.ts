import type { FleetSpec } from "@segue/contracts/fleet-spec";
import { accountEmail, databaseUser } from "./names.ts";

/** Statements that one user of the database runs. */
export interface AccessStep {
  readonly as: string;
  readonly sql: readonly string[];
}

type Access = NonNullable<FleetSpec["services"][number]["grants"]["database"]>;

/**
 * What services may do in the database, which Google's API does not know: whoever writes (the catalog, which migrates) makes tables and
 * owns them; whoever serves is the API, may read those, and write what the API itself keeps (keys, webhooks: docs/adr/0078-keys-and-owners.md); whoever reads may do no
 * more than that. What the API keeps is given by migrations, to the accounts that are named here; to one that comes later it is given here. Run in this order, before the first start and
 * before each update; again does no harm.
 */
export function databaseAccess({ project, prefix, services }: FleetSpec): readonly AccessStep[] {
  const usersWho = (access: Access) =>
    services.flatMap(({ name, grants }) =>
      grants.database === access ? [databaseUser(accountEmail(project, prefix, name))] : [],
    );
  const writers = usersWho("write");
  const apis = usersWho("serve");
  const readers = usersWho("read");
  return [
    {
      as: "postgres",
      sql: [
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC;",
        ...writers.map((writer) => `GRANT USAGE, CREATE ON SCHEMA public TO "${writer}";`),
        ...[...apis, ...readers].map((user) => `GRANT USAGE ON SCHEMA public TO "${user}";`),
      ],
    },
    ...writers.map((writer) => ({
      as: writer,
      sql: [
        "CREATE TABLE IF NOT EXISTS api_accounts (name text PRIMARY KEY);",
        ...apis.flatMap((api) => [...letRead(api), ...letServe(api)]),
        ...readers.flatMap((reader) => [...letRead(reader), ...letOnlyRead(reader)]),
      ],
    })),
  ];
}

const letRead = (user: string) => [
  `ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO "${user}";`,
  `GRANT SELECT ON ALL TABLES IN SCHEMA public TO "${user}";`,
];

/** Where tables are there already, it is given what the API keeps at once; else by the migration that makes them. */
const letServe = (api: string) => [
  `INSERT INTO api_accounts VALUES ('${api}') ON CONFLICT DO NOTHING;`,
  `DO $$ BEGIN IF to_regproc('let_serve_api') IS NOT NULL THEN PERFORM let_serve_api('${api}'); END IF; END $$;`,
];

/** It may have been the API's before, and secrets are among all tables. */
const letOnlyRead = (reader: string) => [
  `DELETE FROM api_accounts WHERE name = '${reader}';`,
  `REVOKE INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public FROM "${reader}";`,
  `DO $$ BEGIN IF to_regclass('webhook_secrets') IS NOT NULL THEN REVOKE ALL ON webhook_secrets FROM "${reader}"; END IF; END $$;`,
];

/** All of it as a file for `psql`, which logs in anew where another user goes on. */
export function renderDatabaseAccess(spec: FleetSpec): string {
  const steps = databaseAccess(spec).flatMap(({ as, sql }) => [
    "",
    `-- As ${as}.`,
    `\\connect - "${as}"`,
    ...sql,
  ]);
  return [
    `-- What the services of the fleet ${spec.prefix} may do in their database: before the first start, and before each update. Again does no harm.`,
    "-- How it is run: docs/database-access.md",
    "\\set ON_ERROR_STOP on",
    ...steps,
    "",
  ].join("\n");
}
