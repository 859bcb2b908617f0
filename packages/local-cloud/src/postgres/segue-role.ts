import type { PGlite } from "@electric-sql/pglite";
import { segueRole } from "./postgres-url.ts";

/** Makes the role that everybody connects as, and gives it all that an older start made, unless it has that already. To be run as superuser. */
export async function ensureRole(database: Pick<PGlite, "exec">): Promise<void> {
  await database.exec(`
    DO $$
    DECLARE item record;
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${segueRole}') THEN
        CREATE ROLE ${segueRole} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
      END IF;
      EXECUTE format('ALTER DATABASE %I OWNER TO ${segueRole}', current_database());
      FOR item IN SELECT nspname FROM pg_namespace WHERE nspowner = 10 AND nspname !~ '^(pg_|information_schema)' LOOP
        EXECUTE format('ALTER SCHEMA %I OWNER TO ${segueRole}', item.nspname);
      END LOOP;
      FOR item IN SELECT schemaname, tablename FROM pg_tables
        WHERE tableowner = 'postgres' AND schemaname NOT IN ('pg_catalog', 'information_schema') LOOP
        EXECUTE format('ALTER TABLE %I.%I OWNER TO ${segueRole}', item.schemaname, item.tablename);
      END LOOP;
    END $$;
  `);
}
