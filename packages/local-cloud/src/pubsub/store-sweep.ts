import type { Store } from "./store.ts";

/** The bulk removals: what a subscription's retention, seek, detach and deletion do to stored messages. */

/** Ids of a subscription's backlog before this one were published before `ms`; Infinity when all were. */
export function firstBacklogIdSince(store: Store, sid: number, ms: number): number {
  const row = store
    .statement(
      `SELECT b.id FROM backlog b CROSS JOIN message m ON m.id = b.id
       WHERE b.sid = ? AND m.published_ms >= ? ORDER BY b.id LIMIT 1`,
    )
    .get(sid, ms);
  return row ? Number(row.id) : Number.MAX_SAFE_INTEGER;
}

/** Publish time in ms of the oldest message in a subscription's backlog (acknowledged and retained ones included). */
export function oldestBacklogMs(store: Store, sid: number): number | null {
  const row = store
    .statement(
      `SELECT m.published_ms AS ms FROM backlog b CROSS JOIN message m ON m.id = b.id
       WHERE b.sid = ? ORDER BY b.id LIMIT 1`,
    )
    .get(sid);
  return row ? Number(row.ms) : null;
}

/** Publish time in ms of the oldest stored message of a topic. */
export function oldestMessageMs(store: Store, tid: number): number | null {
  const row = store
    .statement("SELECT published_ms AS ms FROM message WHERE tid = ? ORDER BY id LIMIT 1")
    .get(tid);
  return row ? Number(row.ms) : null;
}

/** Forgets a subscription's messages with ids below `beforeId`, acknowledged or not. */
export function dropBacklog(store: Store, sid: number, beforeId = Number.MAX_SAFE_INTEGER): void {
  store.statement("DELETE FROM backlog WHERE sid = ? AND id < ?").run(sid, beforeId);
}

/** Deletes a topic's messages published before `beforeMs` that no subscription holds any more. */
export function dropOrphans(store: Store, tid: number, beforeMs: number): void {
  store
    .statement(
      `DELETE FROM message WHERE tid = ? AND published_ms < ? AND NOT EXISTS (
         SELECT 1 FROM subscription s JOIN backlog b ON b.sid = s.sid AND b.id = message.id WHERE s.tid = message.tid)`,
    )
    .run(tid, beforeMs);
}

/** What seek to a time does in the backlog: older messages become acknowledged, retained newer ones unacknowledged. */
export function seekBacklog(store: Store, sid: number, firstId: number, retainAcked: boolean): void {
  if (retainAcked) {
    store.statement("UPDATE backlog SET acked = 1 WHERE sid = ? AND id < ?").run(sid, firstId);
  } else dropBacklog(store, sid, firstId);
  store
    .statement("UPDATE backlog SET acked = 0, failures = 0, restarts = 0 WHERE sid = ? AND id >= ?")
    .run(sid, firstId);
}

/** Stored messages of a topic published at or after `ms`, oldest first: what a topic's own retention lets seek replay. */
export function* messagesSince(
  store: Store,
  tid: number,
  ms: number,
): Generator<{ id: number; body: Uint8Array }> {
  const rows = store
    .statement("SELECT id, body FROM message WHERE tid = ? AND published_ms >= ? ORDER BY id")
    .iterate(tid, ms);
  for (const row of rows) if (row.body instanceof Uint8Array) yield { id: Number(row.id), body: row.body };
}

/** A subscription's unacknowledged messages, by rising id. */
export function* unackedIn(store: Store, sid: number): Generator<{ id: number; body: Uint8Array }> {
  for (const row of store.unacked(sid, 0, -1)) yield row;
}

/** Gives one subscription's unacknowledged messages to another one too, unacknowledged. */
export function copyBacklog(store: Store, fromSid: number, toSid: number): void {
  store
    .statement(
      `INSERT INTO backlog (sid, id) SELECT ?, id FROM backlog WHERE sid = ? AND acked = 0
       ON CONFLICT DO UPDATE SET acked = 0, failures = 0, restarts = 0`,
    )
    .run(toSid, fromSid);
}

/** Publish time in ms of the oldest unacknowledged message of a subscription; null without any. */
export function oldestUnackedMs(store: Store, sid: number): number | null {
  const [oldest] = store.unacked(sid, 0, 1);
  return oldest?.publishedMs ?? null;
}

/** Puts a message (back) into a subscription's backlog, unacknowledged. */
export function restoreToBacklog(store: Store, sid: number, id: number): void {
  store
    .statement(
      "INSERT INTO backlog (sid, id) VALUES (?, ?) ON CONFLICT DO UPDATE SET acked = 0, failures = 0, restarts = 0",
    )
    .run(sid, id);
}
