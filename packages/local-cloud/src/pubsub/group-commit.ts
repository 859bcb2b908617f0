import { status } from "@grpc/grpc-js";
import { StatusError } from "./status-error.ts";
import type { Store } from "./store.ts";

/** A change that is durable once its group has committed. */
export type Write = {
  /** Changes the store only; memory follows in `done`, so that a rollback leaves both alike. */
  run(): void;
  /** Called in order after the commit, or with UNAVAILABLE after a rollback of the whole group. */
  done(failure?: StatusError): void;
};

/**
 * Collects all writes of one turn of the event loop into one transaction. Under load many publishes, acks and nacks
 * share a commit; an idle server commits a single one at once.
 */
export class GroupCommit {
  readonly #store: Store;
  readonly #afterFlush: () => void;
  #pending: Write[] = [];
  #scheduled = false;

  /** `afterFlush` runs once after every group, when all its `done` have run. */
  constructor(store: Store, afterFlush: () => void) {
    this.#store = store;
    this.#afterFlush = afterFlush;
  }

  add(write: Write): void {
    this.#pending.push(write);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  /** Commits what is pending now. */
  flush(): void {
    const writes = this.#pending;
    if (writes.length === 0) return;
    this.#pending = [];
    const failure = this.#commit(writes);
    for (const write of writes) write.done(failure);
    this.#afterFlush();
  }

  /** Runs `change` as a transaction of its own, after everything that is pending; throws what it throws. */
  transact<T>(change: () => T): T {
    this.flush();
    this.#store.begin();
    try {
      const result = change();
      this.#store.commit();
      return result;
    } catch (error) {
      this.#store.rollback();
      throw error;
    }
  }

  #commit(writes: readonly Write[]): StatusError | undefined {
    try {
      this.#store.begin();
      for (const write of writes) write.run();
      this.#store.commit();
      return undefined;
    } catch (error) {
      this.#store.rollback();
      const reason = error instanceof Error ? error.message : String(error);
      return new StatusError(status.UNAVAILABLE, `the message store refused the write: ${reason}`);
    }
  }
}
