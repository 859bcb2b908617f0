import type { DatabaseEngine } from "./database-engine.ts";
import type { WorldEvent } from "./event-heap.ts";
import type { Owner } from "./owner.ts";
import { queryWith, simpleQuery } from "./postgres-messages.ts";
import type { World } from "./world.ts";

/** A connection's end at the server. */
export interface Connection {
  readonly client: Owner;
  /** Bytes from the server. */
  receive(bytes: Buffer): void;
  /** The server, or the way to it, has ended the connection. */
  cut(): void;
}

interface Cycle {
  readonly connection: Connection;
  /** All messages of a query, up to its Sync. */
  readonly messages: Buffer;
}

const inTransactionStatuses = new Set(["T", "E"]);
/** What migrations have filled stays. */
const emptyAll = `do $$ declare names text; begin
  select string_agg(quote_ident(tablename), ',') into names from pg_tables
    where schemaname = 'public' and tablename not in ('schema_migrations', 'change_feed');
  execute 'truncate ' || names || ' restart identity cascade'; end $$`;
/** What a transaction may leave the server waiting: the clients ask for this limit themselves. */
const idleTransactionMs = 15_000;

/**
 * Postgres itself, embedded, with the product's own schema, behind a line that a seed slows down and cuts. The engine has one
 * session: transactions come one after the other, as they do in the local cloud. What a dead client has begun is rolled back.
 */
export class Database {
  readonly #world: World;
  readonly #engine: DatabaseEngine;
  readonly #waiting: Cycle[] = [];
  readonly #open = new Set<Connection>();
  /** Whoever is in a transaction. */
  #holder: Connection | undefined;
  /** Ends the transaction of whoever stands still in it. */
  #limit: WorldEvent | undefined;
  isAway = false;
  statements = 0;
  /** Once, and all that it held with it. */
  wasLost = false;

  constructor(world: World, engine: DatabaseEngine) {
    this.#world = world;
    this.#engine = engine;
  }

  get openConnections(): ReadonlySet<Connection> {
    return this.#open;
  }

  open(connection: Connection): void {
    this.#open.add(connection);
  }

  submit(connection: Connection, messages: Buffer): void {
    if (!this.#open.has(connection)) return;
    this.#waiting.push({ connection, messages });
    this.#work();
  }

  close(connection: Connection): void {
    if (!this.#open.delete(connection)) return;
    if (this.#holder === connection) this.#rollBack();
    this.#work();
  }

  /** The server goes away: every connection is cut, and what was not committed is gone. */
  goAway(): void {
    this.isAway = true;
    for (const connection of [...this.#open]) {
      this.close(connection);
      connection.cut();
    }
    this.#waiting.length = 0;
  }

  /** It is gone for good: what comes back in its place has its tables, and nothing in them. */
  lose(): void {
    this.wasLost = true;
    this.goAway();
    this.#compute(simpleQuery(emptyAll));
  }

  comeBack(): void {
    this.isAway = false;
  }

  /** A query of the laws' own, in between those of the fleet: null while somebody is in a transaction. */
  look<Row>(sql: string, ...values: readonly string[]): Row[] | null {
    if (this.#holder) return null;
    return rowsOf<Row>(this.#compute(queryWith(sql, values)));
  }

  #work(): void {
    for (;;) {
      const index = this.#waiting.findIndex(({ connection }) => !this.#holder || connection === this.#holder);
      const [cycle] = index < 0 ? [] : this.#waiting.splice(index, 1);
      if (!cycle) return;
      const { connection, messages } = cycle;
      if (!this.#open.has(connection)) continue;
      this.statements += 1;
      const answer = this.#compute(messages);
      const status = String.fromCharCode(answer.at(-1) ?? 0);
      this.#hold(inTransactionStatuses.has(status) ? connection : undefined);
      connection.receive(answer);
    }
  }

  #hold(holder: Connection | undefined): void {
    this.#holder = holder;
    const { scheduler } = this.#world;
    if (this.#limit) scheduler.cancel(this.#limit);
    this.#limit = undefined;
    if (!holder) return;
    this.#limit = scheduler.plan(scheduler.outside, idleTransactionMs, "", () => {
      scheduler.note("the database ends a transaction that stands still");
      this.close(holder);
      holder.cut();
    });
  }

  #rollBack(): void {
    this.#hold(undefined);
    this.#compute(simpleQuery("rollback"));
  }

  #compute(messages: Buffer): Buffer {
    this.#world.isInDatabase = true;
    try {
      return this.#engine.compute(messages);
    } finally {
      this.#world.isInDatabase = false;
    }
  }
}

/** The one column, which is JSON, of each row. @throws {Error} with the server's words. */
function rowsOf<Row>(answer: Buffer): Row[] {
  const rows: Row[] = [];
  for (let at = 0; at < answer.length; ) {
    const type = String.fromCharCode(answer[at] ?? 0);
    const length = answer.readInt32BE(at + 1);
    // A row: the number of columns, then each column's length and text.
    if (type === "D") rows.push(JSON.parse(answer.toString("utf8", at + 11, at + 1 + length)) as Row);
    if (type === "E") throw new Error(answer.toString("utf8", at + 5, at + 1 + length));
    at += 1 + length;
  }
  return rows;
}
