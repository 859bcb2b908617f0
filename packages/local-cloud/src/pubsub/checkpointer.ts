import { Worker } from "node:worker_threads";

/** A checkpoint is made when nothing has been written for this long, in ms, or after so many writes. */
const QUIET_MS = 500;
const MAX_WRITES = 20_000;

/**
 * Asks for checkpoints in a thread of their own: they copy the log into the database file and wait for the disk, a quarter of
 * a second for 30 MB where this was measured. Writers go on meanwhile. Without a file there is nothing to do.
 */
export class Checkpointer {
  readonly #worker: Worker | null;
  #busy = false;
  #writes = 0;
  #writtenMs = 0;
  #quiet: NodeJS.Timeout | null = null;

  constructor(file: string | null) {
    this.#worker =
      file === null
        ? null
        : new Worker(new URL("./checkpoint-worker.ts", import.meta.url), { workerData: file });
    this.#worker?.on("message", () => {
      this.#busy = false;
    });
    // A failed checkpoint loses nothing: the log stays, and SQLite's own limit on it remains.
    this.#worker?.on("error", () => {
      this.#busy = true;
    });
    this.#worker?.unref();
  }

  /** To be told of every commit and how many messages it wrote or removed, about. */
  wrote(count: number): void {
    if (!this.#worker) return;
    this.#writes += count;
    this.#writtenMs = performance.now();
    if (this.#writes >= MAX_WRITES) this.#request();
    // One timer per burst: it looks back when it fires, so that writes need not move it.
    this.#quiet ??= setTimeout(() => this.#requestIfQuiet(), QUIET_MS);
  }

  async close(): Promise<void> {
    if (this.#quiet) clearTimeout(this.#quiet);
    this.#quiet = null;
    await this.#worker?.terminate();
  }

  #request(): void {
    if (this.#busy) return;
    this.#busy = true;
    this.#writes = 0;
    this.#worker?.postMessage("checkpoint");
  }

  #requestIfQuiet(): void {
    const quietMs = performance.now() - this.#writtenMs;
    this.#quiet = null;
    if (quietMs >= QUIET_MS - 1) this.#request();
    else this.#quiet = setTimeout(() => this.#requestIfQuiet(), QUIET_MS - quietMs);
  }
}
