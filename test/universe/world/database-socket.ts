import { EventEmitter } from "node:events";
import type { Connection, Database } from "./database.ts";
import type { Owner } from "./owner.ts";
import type { World } from "./world.ts";

const typesThatEndACycle = new Set(["S".charCodeAt(0), "Q".charCodeAt(0)]);
const terminate = "X".charCodeAt(0);
/** AuthenticationOk, then ReadyForQuery. */
const welcome = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]);
/** How long a client waits until it hears that nobody answers. */
const refusedMs = 20;

/** The way of one connection to the database, as the `pg` client sees a socket. */
export class DatabaseSocket extends EventEmitter implements Connection {
  readonly client: Owner;
  readonly #world: World;
  readonly #database: Database;
  #pending: Buffer[] = [];
  #isStarted = false;
  #isOver = false;
  writable = true;

  constructor(world: World, database: Database) {
    super();
    this.#world = world;
    this.#database = database;
    this.client = world.scheduler.current.root;
  }

  connect(): this {
    const { scheduler } = this.#world;
    if (this.#database.isAway) {
      scheduler.plan(this.client, refusedMs, "database refuses", () => {
        this.#fail(Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" }));
      });
      return this;
    }
    this.#database.open(this);
    scheduler.plan(this.client, this.#delayMs(), "", () => this.emit("connect"));
    return this;
  }

  write(bytes: Uint8Array, done?: () => void): boolean {
    if (this.#isOver) return false;
    const message = Buffer.from(bytes);
    if (!this.#isStarted) {
      this.#isStarted = true;
      this.receive(welcome);
    } else if (message[0] === terminate) this.#leave();
    else {
      this.#pending.push(message);
      if (endsCycle(message)) this.#send();
    }
    done?.();
    return true;
  }

  #send(): void {
    const messages = Buffer.concat(this.#pending);
    this.#pending = [];
    const { scheduler } = this.#world;
    // The server gets it whether its sender still lives or not.
    scheduler.plan(scheduler.outside, this.#delayMs(), `database <- ${this.client.name}`, () =>
      this.#database.submit(this, messages),
    );
  }

  receive(bytes: Buffer): void {
    this.#world.scheduler.plan(this.client, this.#delayMs(), "database answers", () => {
      if (!this.#isOver) this.emit("data", bytes);
    });
  }

  cut(): void {
    this.#world.scheduler.plan(this.client, this.#delayMs(), "database cuts", () =>
      this.#fail(Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" })),
    );
  }

  #fail(error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.writable = false;
    this.emit("error", error);
    this.emit("close");
  }

  #leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.writable = false;
    this.#database.close(this);
    this.#world.scheduler.plan(this.client, 0, "", () => {
      this.emit("end");
      this.emit("close");
    });
  }

  #delayMs(): number {
    return this.#world.scheduler.outside.random.longTailed(0.5);
  }

  end(): this {
    this.#leave();
    return this;
  }

  destroy(): this {
    this.#leave();
    return this;
  }

  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
  cork(): void {}
  uncork(): void {}
}

/** Whether the last message of these bytes is a Sync or a simple query: then the server answers. */
function endsCycle(bytes: Buffer): boolean {
  let last = 0;
  for (let at = 0; at + 5 <= bytes.length; at += 1 + bytes.readInt32BE(at + 1)) last = bytes[at] ?? 0;
  return typesThatEndACycle.has(last);
}
