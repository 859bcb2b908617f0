/**
 * The role that everybody connects as. No superuser: it can't reach the machine's files and programs (`COPY ... TO PROGRAM`
 * ends this engine for good), nor settings that the engine depends on.
 */
export const segueRole = "segue";

/** Where the embedded Postgres is found. */
export function postgresUrl(host: string, port: number, password: string): string {
  return `postgres://${segueRole}:${encodeURIComponent(password)}@${host}:${port}/postgres?sslmode=disable`;
}
