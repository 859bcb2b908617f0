import { EventHeap, type WorldEvent } from "./event-heap.ts";
import { Owner } from "./owner.ts";
import { Random } from "./random.ts";
import { real } from "./real.ts";
import { Trace } from "./trace.ts";

/** The world begins on a Thursday morning. */
const beginningMs = Date.UTC(2026, 0, 1, 9);

/**
 * Time, and the order of all that happens. One event at a time is delivered to one owner; all that follows from it
 * within the process (promises, ticks) has come to rest before the next, so that no order depends on real time.
 */
export class Scheduler {
  readonly trace: Trace;
  readonly random: Random;
  /** The world outside the processes: clients, clouds, whoever takes nodes away. */
  readonly outside: Owner;
  /** Whose event is being handled: the ambient clock, timers and randomness are this owner's. */
  current: Owner;
  /** Milliseconds since the world began. */
  nowMs = 0;
  /** Looks at the world after every event. */
  onEvent: () => void = () => {};
  /** Hears of what is thrown where nobody catches it: a process of its own would have died. */
  onUncaught: (error: unknown) => void = (error) => {
    throw error;
  };
  #order = 0;
  readonly #heap = new EventHeap();

  constructor(seed: number, options: { readonly keepTrace?: boolean } = {}) {
    this.random = new Random(`seed ${seed}`);
    this.trace = new Trace(options.keepTrace ?? false);
    this.outside = new Owner("world", this.random.fork("outside"));
    this.current = this.outside;
  }

  /** The wall clock of an owner's machine, in ms since the epoch. */
  wallMs(owner: Owner = this.current): number {
    return beginningMs + Math.floor(this.nowMs) + owner.root.clockAheadMs;
  }

  plan(owner: Owner, delayMs: number, label: string, action: () => void): WorldEvent {
    this.#order += 1;
    const event = { atMs: this.nowMs + Math.max(0, delayMs), order: this.#order, owner, label, action };
    this.#heap.push(event);
    return event;
  }

  cancel(event: WorldEvent): void {
    event.action = undefined;
  }

  note(line: string): void {
    this.trace.add(`${this.nowMs.toFixed(3)} ${this.current.name} ${line}`);
  }

  /** Delivers events until the time has come, or until `isOver` says so. */
  async run(untilMs: number, isOver: () => boolean = () => false): Promise<void> {
    while (!isOver()) {
      const event = this.#next(untilMs);
      if (!event) break;
      const { action } = event;
      event.action = undefined;
      this.current = event.owner;
      if (event.label) this.note(event.label);
      try {
        action?.();
      } catch (error) {
        this.onUncaught(error);
      }
      await rest();
      this.onEvent();
      this.current = this.outside;
    }
    if (!isOver()) this.nowMs = Math.max(this.nowMs, untilMs);
  }

  #next(untilMs: number): WorldEvent | undefined {
    for (let event = this.#heap.peek(); event && event.atMs <= untilMs; event = this.#heap.peek()) {
      this.#heap.pop();
      if (!event.action || !event.owner.isAlive) continue;
      const { frozenUntilMs } = event.owner.root;
      if (frozenUntilMs > event.atMs) {
        event.atMs = frozenUntilMs;
        this.#heap.push(event);
        continue;
      }
      this.nowMs = event.atMs;
      return event;
    }
    return undefined;
  }
}

/** Until every promise and tick that can go on has done so: they come before the next turn of Node's own loop. */
function rest(): Promise<void> {
  return new Promise((resolve) => real.setImmediate(resolve));
}
