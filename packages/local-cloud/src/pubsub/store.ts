import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { z } from "zod";
import { lockFolder } from "../lock-folder.ts";
import { UsageCounts } from "../usage/usage-counts.ts";
import { Checkpointer } from "./checkpointer.ts";
import { addDeliveryMarks } from "./delivery-columns.ts";

/**
 * What the server keeps on disk. `message` holds each payload once; `backlog` has a row per subscription and message
 * that is not acknowledged (or is, and retained for seek); ids rise with publish time.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS topic (
    tid INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, config TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS subscription (
    sid INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, tid INTEGER NOT NULL, config TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY, tid INTEGER NOT NULL, published_ms INTEGER NOT NULL,
    ordering_key TEXT NOT NULL, body BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS backlog (
    sid INTEGER NOT NULL, id INTEGER NOT NULL, failures INTEGER NOT NULL DEFAULT 0, acked INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (sid, id)) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS ceiling (one INTEGER PRIMARY KEY CHECK (one = 1), id INTEGER NOT NULL) STRICT;
  INSERT OR IGNORE INTO ceiling VALUES (1, 0);
`;

const TopicRow = z.object({ tid: z.number(), name: z.string().nullable(), config: z.string() });
const SubscriptionRow = z.object({
  sid: z.number(),
  name: z.string(),
  tid: z.number(),
  config: z.string(),
});

/**
 * A stored message as a subscription's backlog has it. `failures` counts nacks and expired leases, `restarts` the times
 * that the server ended after it had handed the message out, or may have.
 */
export type BacklogRow = {
  readonly id: number;
  readonly failures: number;
  readonly restarts: number;
  readonly publishedMs: number;
  readonly orderingKey: string;
  readonly body: Uint8Array;
};

/** Ids are handed out from blocks whose end is on disk, so that none is ever used twice. */
const ID_BLOCK = 1_000_000;

/**
 * SQLite in WAL mode with synchronous = NORMAL: a commit is in the kernel's page cache when it is answered, so killing
 * the process loses nothing that was answered. Power loss or a kernel crash may lose the commits since the last
 * checkpoint (never corrupting the file); Google's emulator keeps nothing at all.
 * Checkpoints run in a thread of their own (see Checkpointer); only a log of 256 MiB is taken up by the commit that finds it.
 * Messages are inserted and removed in the caller's transaction; see GroupCommit.
 */
export class Store {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #checkpointer: Checkpointer;
  readonly #lock: Disposable | null = null;
  /** What clients would pay for, counted as it is stored. */
  readonly usage = new UsageCounts();
  /** Messages stored or removed in the transaction. */
  #changes = 0;
  #nextId = 0;
  #ceiling = 0;

  /** Opens `pubsub.sqlite` in `dataDir`, which is created if missing; null keeps everything in memory. */
  constructor(dataDir: string | null) {
    if (dataDir !== null) this.#lock = lockFolder(dataDir, "lock.sqlite");
    const file = dataDir === null ? null : join(dataDir, "pubsub.sqlite");
    this.#db = new DatabaseSync(file ?? ":memory:");
    // 8 KiB pages hold a batch of small messages in half the writes (measured: a fifth less CPU per message than 4 KiB).
    this.#db.exec(
      "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16000;",
    );
    this.#db.exec("PRAGMA wal_autocheckpoint = 32768; PRAGMA journal_size_limit = 67108864;");
    this.#db.exec(SCHEMA);
    addDeliveryMarks(this.#db);
    this.#ceiling = z.object({ id: z.number() }).parse(this.statement("SELECT id FROM ceiling").get()).id;
    this.#nextId = this.#ceiling + 1;
    this.#checkpointer = new Checkpointer(file);
  }

  async close(): Promise<void> {
    await this.#checkpointer.close();
    this.#db.close();
    this.#lock?.[Symbol.dispose]();
  }

  begin(): void {
    this.statement("BEGIN IMMEDIATE").run();
  }
  commit(): void {
    this.statement("COMMIT").run();
    this.#checkpointer.wrote(this.#changes);
    this.#changes = 0;
  }
  rollback(): void {
    if (this.#db.isTransaction) this.statement("ROLLBACK").run();
  }

  /** No message has a higher id; what is published after the next start of the server has. */
  get idCeiling(): number {
    return this.#ceiling;
  }

  /** The first of `count` fresh message ids in a row; inside a transaction. */
  takeIds(count: number): number {
    const firstId = this.#nextId;
    this.#nextId += count;
    if (this.#nextId > this.#ceiling) {
      this.#ceiling = this.#nextId + ID_BLOCK;
      this.statement("UPDATE ceiling SET id = ?").run(this.#ceiling);
    }
    return firstId;
  }

  topics(): z.infer<typeof TopicRow>[] {
    return z.array(TopicRow).parse(this.statement("SELECT tid, name, config FROM topic").all());
  }
  subscriptions(): z.infer<typeof SubscriptionRow>[] {
    return z
      .array(SubscriptionRow)
      .parse(this.statement("SELECT sid, name, tid, config FROM subscription").all());
  }
  insertTopic(name: string, config: string): number {
    return Number(
      this.statement("INSERT INTO topic (name, config) VALUES (?, ?)").run(name, config).lastInsertRowid,
    );
  }
  updateTopic(tid: number, config: string): void {
    this.statement("UPDATE topic SET config = ? WHERE tid = ?").run(config, tid);
  }
  /** Keeps the row without its name while subscriptions still hold the topic's messages. */
  retireTopic(tid: number): void {
    this.statement("UPDATE topic SET name = NULL WHERE tid = ?").run(tid);
  }
  insertSubscription(name: string, tid: number, config: string): number {
    return Number(
      this.statement("INSERT INTO subscription (name, tid, config) VALUES (?, ?, ?)").run(name, tid, config)
        .lastInsertRowid,
    );
  }
  updateSubscription(sid: number, config: string): void {
    this.statement("UPDATE subscription SET config = ? WHERE sid = ?").run(config, sid);
  }
  deleteSubscription(sid: number): void {
    this.statement("DELETE FROM subscription WHERE sid = ?").run(sid);
  }

  insertMessage(tid: number, row: BacklogRow): void {
    this.statement(
      "INSERT INTO message (id, tid, published_ms, ordering_key, body) VALUES (?, ?, ?, ?, ?)",
    ).run(row.id, tid, row.publishedMs, row.orderingKey, row.body);
  }
  deleteMessage(id: number): void {
    this.#changes++;
    this.statement("DELETE FROM message WHERE id = ?").run(id);
  }
  body(id: number): Uint8Array | null {
    const body = this.statement("SELECT body FROM message WHERE id = ?").get(id)?.body;
    return body instanceof Uint8Array ? body : null;
  }
  orderingKey(id: number): string {
    return String(
      this.statement("SELECT ordering_key FROM message WHERE id = ?").get(id)?.ordering_key ?? "",
    );
  }

  /** Adds the stored messages with ids from `fromId` to `toId`: in one statement, for a third of the CPU of one each. */
  addToBacklog(sid: number, fromId: number, toId: number): void {
    this.statement("INSERT INTO backlog (sid, id) SELECT ?, id FROM message WHERE id BETWEEN ? AND ?").run(
      sid,
      fromId,
      toId,
    );
  }
  /** True if the message was in the backlog. */
  removeFromBacklog(sid: number, id: number): boolean {
    return this.statement("DELETE FROM backlog WHERE sid = ? AND id = ?").run(sid, id).changes !== 0;
  }
  markAcked(sid: number, id: number): void {
    this.statement("UPDATE backlog SET acked = 1 WHERE sid = ? AND id = ?").run(sid, id);
  }
  setFailures(sid: number, id: number, failures: number): void {
    this.statement("UPDATE backlog SET failures = ? WHERE sid = ? AND id = ?").run(failures, sid, id);
  }
  holds(sid: number, id: number): boolean {
    return this.statement("SELECT 1 FROM backlog WHERE sid = ? AND id = ?").get(sid, id) !== undefined;
  }

  /** Unacknowledged messages after `afterId` in order; the caller stops the iteration when it has enough. */
  *unacked(sid: number, afterId: number, limit: number): Generator<BacklogRow> {
    const rows = this.statement(
      `SELECT b.id, b.failures, b.restarts, m.published_ms, m.ordering_key, m.body FROM backlog b CROSS JOIN message m ON m.id = b.id
       WHERE b.sid = ? AND b.id > ? AND b.acked = 0 ORDER BY b.id LIMIT ?`,
    ).iterate(sid, afterId, limit);
    for (const row of rows) {
      if (!(row.body instanceof Uint8Array)) continue;
      yield {
        id: Number(row.id),
        failures: Number(row.failures),
        restarts: Number(row.restarts),
        publishedMs: Number(row.published_ms),
        orderingKey: String(row.ordering_key),
        body: row.body,
      };
    }
  }

  /** Statements are prepared once; the text is the key. */
  statement(text: string): StatementSync {
    let statement = this.#statements.get(text);
    if (!statement) {
      statement = this.#db.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }
}
