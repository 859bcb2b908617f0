import pg from "pg";

export type Pool = pg.Pool;
export type Client = pg.PoolClient;

export interface ConnectOptions {
  readonly connectionString: string;
  readonly maxConnections: number;
  /** How long to wait for a connection, in ms. */
  readonly connectTimeoutMs: number;
  /** How long to wait for a statement's answer, in ms; the connection is given up then. */
  readonly statementTimeoutMs: number;
  readonly applicationName: string;
  /** Hears of idle connections that break; the pool replaces them by itself. */
  onIdleError(error: Error): void;
}

/** Opens a pool. Nothing is sent before the first statement. */
export function connect(options: ConnectOptions): Pool {
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    max: options.maxConnections,
    connectionTimeoutMillis: options.connectTimeoutMs,
    query_timeout: options.statementTimeoutMs,
    application_name: options.applicationName,
    idleTimeoutMillis: 30_000,
  });
  pool.on("error", options.onIdleError);
  return pool;
}

/**
 * Runs statements in one transaction: all or nothing.
 *
 * A connection on which anything failed is closed, never reused: after a timeout its answers are out of step.
 */
export async function inTransaction<T>(
  pool: Pool,
  begin: string,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let failure: Error | undefined;
  // Without a listener, a connection that breaks between two statements would end the process.
  const onError = (error: Error) => {
    failure = error;
  };
  client.on("error", onError);
  try {
    await client.query(begin);
    const result = await work(client);
    await client.query("commit");
    return result;
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
    throw error;
  } finally {
    client.off("error", onError);
    client.release(failure);
  }
}
