import { type ExecProtocolOptionsStream, PGlite } from "@electric-sql/pglite";

// Parse, Bind, Describe, Execute, Close, Flush: more messages of the same query follow, up to Sync.
const opensCycle = new Set(Array.from("PBDECH", (letter) => letter.charCodeAt(0)));
const syncMessage = Uint8Array.of("S".charCodeAt(0), 0, 0, 0, 4);

/**
 * The one session of PGlite, made safe to share between connections.
 *
 * `PGLiteSocketServer` puts the messages of all connections through one queue, and lets a connection keep the session
 * only while `isInTransaction()` says so. A query with parameters is five messages, and between two of them another
 * connection's Parse would replace the unnamed statement: each would get the other's rows. So the session also counts
 * as taken from a query's first message to its Sync.
 */
export class SharedSession extends PGlite {
  #midQuery = false;
  /** Called when the engine itself dies; a failed statement is an answer, not a failure. */
  onFatal: (error: unknown) => void = () => {};

  override isInTransaction(): boolean {
    return this.#midQuery || super.isInTransaction();
  }

  override async execProtocolRawStream(
    message: Uint8Array,
    options: ExecProtocolOptionsStream,
  ): Promise<void> {
    this.#midQuery = opensCycle.has(message[0] ?? 0);
    try {
      await super.execProtocolRawStream(message, options);
    } catch (error) {
      // The socket server's queue stops for good here, without a word.
      this.onFatal(error);
      throw error;
    }
  }

  // The socket server rolls back with this when a connection is lost. After an error Postgres skips all up to a Sync.
  override async exec(...[query, options]: Parameters<PGlite["exec"]>): ReturnType<PGlite["exec"]> {
    if (this.#midQuery) {
      this.#midQuery = false;
      await super.execProtocolRaw(syncMessage);
    }
    return super.exec(query, options);
  }
}
