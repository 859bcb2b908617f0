import { type ExecProtocolOptionsStream, PGlite } from "@electric-sql/pglite";
import { type SessionStatus, watchStatus } from "./watch-messages.ts";
import { writeMessage, writeStartup } from "./write-messages.ts";

/** PGlite swallows what its main loop throws, and goes on for ever; but it asks for `status` first. */
class EngineDeath extends Error {
  get status(): never {
    throw this;
  }
}

/** What stands for the error of a statement that `longjmp` takes back to the main loop, as PGlite has it. */
const longjmpStatus = 100;

/** As PGlite starts it, but for `-O`, with which the owner of the system's tables may alter them. */
const startParams = PGlite.defaultStartParams.filter((param) => param !== "-O");

/** PGlite can't wait for rows: it takes the end of what it was given for the end of the connection, and ends itself. */
const noCopyIn = writeMessage("f", "the embedded Postgres takes no rows by COPY FROM STDIN; use INSERT\0");
const abandoned = writeMessage("P", "\0abandoned\0\0\0");
const startsStatement = new Set(["Q", "E"]);

/** PGlite, given one message of the protocol after the other. It computes on this thread, and answers no timer meanwhile. */
export class Engine extends PGlite {
  #onStatus: (status: SessionStatus) => void = () => {};
  #watch = watchStatus((status) => this.#onStatus(status));
  #death: EngineDeath | undefined;
  /** Called once when the engine dies; a failed statement is an answer, not a failure. */
  onFatal: (error: unknown) => void = () => {};
  /** What each client is told once it is in. */
  greeting: Buffer = Buffer.of();

  static async open(dataDir: string, user: string): Promise<Engine> {
    const engine = new Engine(dataDir, { startParams });
    await engine.waitReady;
    engine.#noticeDeath();
    const greeting: Buffer[] = [];
    await engine.answer(writeStartup(user), (bytes) => greeting.push(bytes));
    engine.greeting = Buffer.concat(greeting);
    return engine;
  }

  /** @returns what the session is in after the message; undefined where the query goes on with further messages. */
  async answer(message: Buffer, write: (bytes: Buffer) => void): Promise<SessionStatus | undefined> {
    if (this.#death) throw this.#death;
    let status: SessionStatus | undefined;
    this.#onStatus = (told) => {
      status = told;
    };
    const options: ExecProtocolOptionsStream = {
      onRawData: (bytes) => {
        // The engine's own memory: it is used again for the next.
        const copy = Buffer.from(bytes);
        this.#watch(copy);
        write(copy);
      },
    };
    const letter = String.fromCharCode(message[0] ?? 0);
    const given = startsStatement.has(letter) ? Buffer.concat([message, noCopyIn]) : message;
    await this.execProtocolRawStream(given, options);
    return status;
  }

  /** Undoes what a client left open, in a query or a transaction, as Postgres does for one that is lost. */
  async abandon(status: SessionStatus | undefined): Promise<void> {
    const ask = (message: Buffer) => this.answer(message, () => {});
    let left = status;
    if (!left) {
      // A Sync alone would commit what the query has done so far; after an error it does not.
      await ask(abandoned);
      left = await ask(writeMessage("S"));
    }
    if (left !== "I") await ask(writeMessage("Q", "ROLLBACK\0"));
  }

  #noticeDeath(): void {
    const { mod } = this;
    if (!mod) throw new TypeError("expected an engine that is ready");
    const runOnce = mod._PostgresMainLoopOnce;
    mod._PostgresMainLoopOnce = () => {
      try {
        return runOnce();
      } catch (error) {
        const isStatements =
          typeof error === "object" && error !== null && "status" in error && error.status === longjmpStatus;
        if (isStatements) throw error;
        this.#death = new EngineDeath("the database engine died", { cause: error });
        this.onFatal(error);
        throw this.#death;
      }
    };
  }
}
