import { rmSync } from "node:fs";
import { join } from "node:path";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import { createCluster } from "./create-cluster.ts";
import { SharedSession } from "./shared-session.ts";

export type PostgresServerOptions = {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Holds the cluster, made if there is none; null keeps it in memory. One server at a time. */
  readonly dataDir: string | null;
  /** Called once when the engine dies. The server answers nothing any more: the process should end. */
  readonly onFatal?: (error: unknown) => void;
};

export type PostgresServer = AsyncDisposable & {
  readonly port: number;
  /** A connection string for the `postgres` database; there is no password and no TLS. */
  readonly url: string;
  close(): Promise<void>;
};

const maxConnections = 100;

/**
 * Starts PGlite behind its socket server: one Postgres session, shared by up to 100 connections that take turns query
 * by query and transaction by transaction. Session state (SET, LISTEN, temporary tables, named prepared statements,
 * advisory locks) is therefore shared too: use `SET LOCAL` and unnamed statements. Committed data survives the death of
 * the process, not of the machine: PGlite runs with fsync off.
 */
export async function startPostgresServer(options: PostgresServerOptions): Promise<PostgresServer> {
  if (options.dataDir !== null) {
    await createCluster(options.dataDir);
    // Left by a killed server. The port below is what keeps two servers apart, not this file.
    rmSync(join(options.dataDir, "postmaster.pid"), { force: true });
  }
  const session = new SharedSession(options.dataDir ?? "memory://");
  if (options.onFatal) session.onFatal = options.onFatal;
  await session.waitReady;
  const server = new PGLiteSocketServer({
    db: session,
    host: options.host,
    port: options.port,
    maxConnections,
  });
  await server.start();
  const port = Number(server.getServerConn().split(":").at(-1));
  let closing: Promise<void> | undefined;
  const closeAll = async () => {
    await server.stop();
    await session.close();
  };
  const close = () => {
    closing ??= closeAll();
    return closing;
  };
  const url = `postgres://postgres@${options.host}:${port}/postgres?sslmode=disable`;
  return { port, url, close, [Symbol.asyncDispose]: close };
}
