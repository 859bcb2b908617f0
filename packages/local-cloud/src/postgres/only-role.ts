import type { PGlite } from "@electric-sql/pglite";
import { segueRole } from "./postgres-url.ts";

/** The role that a cluster begins with, and that PGlite's session is authenticated as, whatever it is called. */
const bootstrapRole = 10;

/**
 * Makes the role that everybody connects as the only one with anything: the bootstrap role itself, renamed and no superuser any more.
 *
 * A session may always become whom it was authenticated as, and, where that is a superuser, anybody: beside a superuser, a lesser role is
 * one `SET SESSION AUTHORIZATION` away from it. What only a superuser may run it is not allowed as the owner either. An older
 * cluster's own role hands over what it has. To be run once, as superuser, where system tables may be written.
 */
export async function ensureOnlyRole(database: Pick<PGlite, "exec">): Promise<void> {
  await database.exec(`
    DO $$
    DECLARE item text;
    BEGIN
      FOR item IN SELECT rolname FROM pg_roles WHERE rolname = '${segueRole}' AND oid <> ${bootstrapRole} LOOP
        EXECUTE format('REASSIGN OWNED BY %I TO CURRENT_USER', item);
        EXECUTE format('DROP OWNED BY %I', item);
        EXECUTE format('DROP ROLE %I', item);
      END LOOP;
      FOR item IN SELECT oid::regprocedure FROM pg_proc
        WHERE proacl IS NOT NULL AND NOT has_function_privilege('pg_monitor', oid, 'execute') LOOP
        EXECUTE format('REVOKE ALL ON ROUTINE %s FROM CURRENT_USER', item);
      END LOOP;
    END $$;
    UPDATE pg_authid SET rolname = '${segueRole}', rolsuper = false, rolcreaterole = false, rolcreatedb = false,
      rolreplication = false, rolbypassrls = false WHERE oid = ${bootstrapRole};
  `);
}
