import { EventHeap, type WorldEvent } from "./event-heap.ts";
import { Owner } from "./owner.ts";
import { Random } from "./random.ts";
import { real, runTicks } from "./real.ts";
import { Trace } from "./trace.ts";

/** Node looks after the world outside in between. */
const eventsPerTurn = 1_000;

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
    while (!isOver()) if (!(await this.#runSome(untilMs, isOver))) break;
    if (!isOver()) this.nowMs = Math.max(this.nowMs, untilMs);
  }

  /** Some events in one turn of Node's own loop, which costs more than most of them. @returns whether there may be more. */
  #runSome(untilMs: number, isOver: () => boolean): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    real.setImmediate(() => {
      let count = 0;
      while (count < eventsPerTurn && !isOver() && this.#deliverNext(untilMs)) count += 1;
      resolve(count === eventsPerTurn);
    });
    return promise;
  }

  #deliverNext(untilMs: number): boolean {
    const event = this.#next(untilMs);
    if (!event) return false;
    const { action } = event;
    event.action = undefined;
    this.current = event.owner;
    if (event.label) this.note(event.label);
    try {
      action?.();
    } catch (error) {
      this.onUncaught(error);
    }
    this.#comeToRest();
    this.current = this.outside;
    return true;
  }

  /** Until every promise and tick that can go on has done so, and rejections that nobody caught have been told of. */
  #comeToRest(): void {
    for (;;)
      try {
        runTicks();
        return;
      } catch (error) {
        this.onUncaught(error);
      }
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
