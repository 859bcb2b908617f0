import type { WorldEvent } from "./event-heap.ts";
import type { Owner } from "./owner.ts";
import type { Scheduler } from "./scheduler.ts";

/** What `setTimeout` and `setInterval` return in a world, with as much of Node's own as anybody uses. */
export class SimTimer {
  readonly #scheduler: Scheduler;
  /** Whose it is: of one that is dead it never comes. */
  readonly owner: Owner;
  readonly #delayMs: number;
  readonly #everyMs: number | null;
  readonly #callback: () => void;
  #event: WorldEvent | undefined;
  #isHeld = true;

  constructor(
    scheduler: Scheduler,
    callback: () => void,
    delayMs: number,
    { repeats }: { repeats: boolean },
  ) {
    this.#scheduler = scheduler;
    this.owner = scheduler.current;
    this.#callback = callback;
    this.#delayMs = Number.isFinite(delayMs) && delayMs >= 1 ? delayMs : 1;
    this.#everyMs = repeats ? this.#delayMs : null;
    this.#arm();
  }

  #arm(): void {
    if (this.#isHeld) this.owner.root.heldTimers.add(this);
    // What comes every tenth of a second and says nothing would be most of a trace.
    const label = this.#everyMs === null ? "timer" : "";
    this.#event = this.#scheduler.plan(this.owner, this.#delayMs, label, () => {
      if (this.#everyMs === null) this.stop();
      else this.#arm();
      this.#callback();
    });
  }

  stop(): void {
    if (this.#event) this.#scheduler.cancel(this.#event);
    this.#event = undefined;
    this.owner.root.heldTimers.delete(this);
  }

  ref(): this {
    this.#isHeld = true;
    if (this.#event) this.owner.root.heldTimers.add(this);
    return this;
  }

  unref(): this {
    this.#isHeld = false;
    this.owner.root.heldTimers.delete(this);
    return this;
  }

  hasRef(): boolean {
    return this.#isHeld;
  }

  refresh(): this {
    if (this.#event) this.#scheduler.cancel(this.#event);
    this.#arm();
    return this;
  }

  close(): this {
    this.stop();
    return this;
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}
