import pg from "pg";
import { type Account, readGoogleLogin } from "./google-login.ts";

export type Pool = pg.Pool;
export type Client = pg.PoolClient;

export interface ConnectOptions {
  /** `postgres://...`, or with `login=google` in it: see google-login.ts. */
  readonly connectionString: string;
  readonly maxConnections: number;
  /** How long to wait for a connection, in ms. */
  readonly connectTimeoutMs: number;
  /** How long to wait for a statement's answer, in ms; the connection is given up then, and the server gives up a transaction's. */
  readonly statementTimeoutMs: number;
  readonly applicationName: string;
  /** Hears of idle connections that break; the pool replaces them by itself. */
  onIdleError(error: Error): void;
}

/**
 * Opens a pool. Nothing is sent before the first statement.
 *
 * @throws {TypeError} where the URL can't be used.
 */
export function connect(options: ConnectOptions, account?: Account): Pool {
  const { connectionString, connectTimeoutMs } = options;
  const pool = new pg.Pool({
    ...(readGoogleLogin(connectionString, connectTimeoutMs, account) ?? { connectionString }),
    max: options.maxConnections,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: options.statementTimeoutMs,
    application_name: options.applicationName,
    idleTimeoutMillis: 30_000,
  });
  pool.on("error", options.onIdleError);
  return pool;
}
