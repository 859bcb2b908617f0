// Stands in for `node:worker_threads`: two ends of a conversation, each an owner's; what one says is an event of the other.
import { EventEmitter } from "node:events";
import type { Owner } from "../world/owner.ts";
import { demandWorld } from "../world/world.ts";

export class MessagePort extends EventEmitter {
  other: MessagePort | undefined;
  /** Whoever listens: the first that touches this end with a listener. */
  #owner: Owner | undefined;
  readonly #early: unknown[] = [];
  #isClosed = false;

  override on(event: string, listener: (...values: unknown[]) => void): this {
    super.on(event, listener);
    if (event !== "message") return this;
    this.#owner ??= demandWorld().scheduler.current;
    for (const message of this.#early.splice(0)) this.#deliver(message);
    return this;
  }

  postMessage(message: unknown): void {
    if (!this.#isClosed) this.other?.receive(message);
  }

  receive(message: unknown): void {
    if (this.#owner) this.#deliver(message);
    else this.#early.push(message);
  }

  #deliver(message: unknown): void {
    const owner = this.#owner;
    if (!owner) return;
    demandWorld().scheduler.plan(owner, 0, "", () => {
      if (!this.#isClosed) this.emit("message", message);
    });
  }

  close(): void {
    this.#isClosed = true;
  }

  ref(): void {}
  unref(): void {}
  start(): void {}
}

export class MessageChannel {
  readonly port1 = new MessagePort();
  readonly port2 = new MessagePort();

  constructor() {
    this.port1.other = this.port2;
    this.port2.other = this.port1;
  }
}
