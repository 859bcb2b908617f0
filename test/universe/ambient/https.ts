// Stands in for `node:https`: there is one server in a world, the clients', and what it says is an event of whoever asks it.
import { EventEmitter } from "node:events";
import own from "node:https";
import { Readable } from "node:stream";
import type { WorldEvent } from "../world/event-heap.ts";
import type { SourceAnswer } from "../world/source-host.ts";
import { demandWorld } from "../world/world.ts";

interface RequestOptions {
  readonly signal?: AbortSignal;
  /** Nothing heard for so long is told, in ms. */
  readonly timeout?: number;
}

class SimRequest extends EventEmitter {
  readonly #owner = demandWorld().scheduler.current;
  readonly #signal: AbortSignal | undefined;
  readonly #next: WorldEvent;
  readonly #onAbort = () => void this.destroy(new DOMException("The operation was aborted", "AbortError"));
  #isOver = false;

  constructor(url: URL, { signal, timeout = 0 }: RequestOptions) {
    super();
    const { scheduler, sources } = demandWorld();
    const { answer, afterMs } = sources.ask(url.href);
    this.#next = answer
      ? scheduler.plan(this.#owner, afterMs, `${url.host} says ${answer.status}`, () => this.#hear(answer))
      : scheduler.plan(this.#owner, timeout, `${url.host} says nothing`, () => this.emit("timeout"));
    this.#signal = signal;
    signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  destroy(error?: Error): this {
    if (!this.#end()) return this;
    if (error) demandWorld().scheduler.plan(this.#owner, 0, "", () => this.emit("error", error));
    return this;
  }

  #hear({ status, body, sizeBytes }: SourceAnswer): void {
    if (!this.#end()) return;
    const stream = Readable.from(body.length > 0 ? [body] : [], { objectMode: false });
    const headers = { "content-length": String(sizeBytes) };
    this.emit("response", Object.assign(stream, { statusCode: status, headers }));
  }

  /** False: it is over already. */
  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    demandWorld().scheduler.cancel(this.#next);
    this.#signal?.removeEventListener("abort", this.#onAbort);
    return true;
  }
}

export default { ...own, get: (url: URL, options: RequestOptions) => new SimRequest(url, options) };
