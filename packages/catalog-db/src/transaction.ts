import pg from "pg";
import type { Client, Pool } from "./connect.ts";

/**
 * What a transaction of ours may hold the server up for, in ms, when whoever began it stands still: a frozen process, a network that
 * is gone. The server ends it then, and its locks go.
 */
const idleTransactionMs = 15_000;

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
 * @param begin goes with the beginning, in one way there and back: statements without values.
 * @param end of the work's result, what goes with the commit.
 */
export function inTransaction<T>(
  pool: Pool,
  limits: TransactionLimits,
  work: (client: Client) => Promise<T>,
  { begin, end }: { readonly begin?: string; end?(result: T): string | undefined } = {},
): Promise<T> {
  return withClient(pool, async (client) => {
    await client.query(statements(beginSql(limits), begin));
    const result = await work(client);
    await client.query(statements(end?.(result), "commit"));
    return result;
  });
}

/** A row as the server answers it: to be parsed. */
export type Row = Readonly<Record<string, unknown>>;

/**
 * A transaction of two ways there and back, however many statements it has: what they cost is mostly the way. Values are written into the
 * statements (see `withText`).
 *
 * @param first goes with the beginning.
 * @param then what follows from the rows that the last of these statements gives, and goes with the end. Left out: nothing, and it is one way.
 */
export function transact(
  pool: Pool,
  limits: TransactionLimits,
  first: string,
  then?: (rows: readonly Row[]) => string | undefined,
): Promise<void> {
  return withClient(pool, async (client) => {
    const beginning = statements(beginSql(limits), first);
    if (!then) return void (await client.query(statements(beginning, "commit")));
    // An answer for each statement.
    const answers = [await client.query<Row>(beginning)].flat();
    await client.query(statements(then(answers.at(-1)?.rows ?? []), "commit"));
  });
}

/** A statement with a text in the place of `$1`. */
export function withText(sql: string, text: string): string {
  const value = literal(text);
  return sql.replaceAll("$1", () => value);
}

/** A text as SQL has it. */
export function literal(text: string): string {
  return pg.escapeLiteral(text);
}

function beginSql({ statementMs, idleMs = idleTransactionMs }: TransactionLimits): string {
  return `begin; set local statement_timeout = ${Math.trunc(statementMs)};
set local idle_in_transaction_session_timeout = ${Math.trunc(idleMs)}`;
}

function statements(...all: readonly (string | undefined)[]): string {
  return all.filter((each) => each !== undefined).join(";\n");
}

/** A connection on which anything failed is closed, never reused: after a timeout its answers are out of step. */
async function withClient<T>(pool: Pool, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let failure: Error | undefined;
  // Without a listener, a connection that breaks between two statements would end the process.
  const onError = (error: Error) => {
    failure = error;
  };
  client.on("error", onError);
  try {
    return await work(client);
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
    throw error;
  } finally {
    client.off("error", onError);
    client.release(failure);
  }
}
