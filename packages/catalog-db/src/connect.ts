import pg from "pg";

export type Pool = pg.Pool;
export type Client = pg.PoolClient;

export interface ConnectOptions {
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
 * What a transaction of ours may hold the server up for, in ms, when whoever began it stands still: a frozen process, a network that
 * is gone. The server ends it then, and its locks go.
 */
const idleTransactionMs = 15_000;

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

/** Limits that the server keeps: a client that waits no longer, or can't, would leave its statement and its locks behind. */
export interface TransactionLimits {
  /** Of each statement, in ms; 0: none. */
  readonly statementMs: number;
  /** Between two statements, in ms. Default 15 s. */
  readonly idleMs?: number;
}

/**
 * Runs statements in one transaction: all or nothing. Its limits are its own, whatever sessions a pooler makes it share.
 *
 * A connection on which anything failed is closed, never reused: after a timeout its answers are out of step.
 */
export async function inTransaction<T>(
  pool: Pool,
  limits: TransactionLimits,
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
    const { statementMs, idleMs = idleTransactionMs } = limits;
    await client.query(
      `begin; set local statement_timeout = ${Math.trunc(statementMs)};
       set local idle_in_transaction_session_timeout = ${Math.trunc(idleMs)}`,
    );
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
