import type { Store } from "./store.ts";

/**
 * What is on disk of deliveries, so that a message that was handed out before the server was killed carries a higher attempt
 * number afterwards. Per subscription a mark: nothing above it has been handed out. It is moved ahead in blocks, one write
 * for many deliveries, so what was published just before the end may be counted without having been handed out.
 */
const MARK_BLOCK = 500;

/** A subscription's mark, kept ahead of what it hands out. */
export class DeliveryMark {
  readonly #store: Store;
  readonly #sid: number;
  #id = 0;

  constructor(store: Store, sid: number) {
    this.#store = store;
    this.#sid = sid;
  }

  /** To be called before a message is handed out. */
  pass(id: number): void {
    if (id <= this.#id) return;
    // Never up to ids that a later start of the server hands out.
    this.#id = Math.min(id + MARK_BLOCK, this.#store.idCeiling);
    try {
      this.#store
        .statement("UPDATE subscription SET delivered_id = ? WHERE sid = ?")
        .run(this.#id, this.#sid);
    } catch {
      // A full disk, say. Attempt numbers are best effort; deliveries go on, and the next message tries again.
      this.#id = id;
    }
  }
}

/** At the start of the server, inside a transaction: what may have been handed out before has had one attempt more. */
export function countRestart(store: Store): void {
  const marked = store.statement("SELECT sid, delivered_id FROM subscription WHERE delivered_id > 0").all();
  for (const { sid = null, delivered_id: id = null } of marked) {
    store
      .statement("UPDATE backlog SET restarts = restarts + 1 WHERE sid = ? AND id <= ? AND acked = 0")
      .run(sid, id);
    store.statement("UPDATE subscription SET delivered_id = 0 WHERE sid = ?").run(sid);
  }
}
