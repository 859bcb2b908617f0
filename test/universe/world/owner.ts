import { getEventListeners } from "node:events";
import type { Random } from "./random.ts";

/**
 * Whose an event is: a process of the fleet, or a thread of one. All that a process waits for (timers, storage, queue,
 * database, its threads) are events of its own: when it dies they are never delivered, so nothing of it goes on.
 */
export class Owner {
  readonly name: string;
  readonly parent: Owner | null;
  readonly random: Random;
  /** What its wall clock is ahead of the world's, in ms. */
  clockAheadMs = 0;
  /** Its events wait until then: it stands still, as a paused machine does. */
  frozenUntilMs = 0;
  /** Until then it waits for an answer of storage that is slow, or will not come. */
  waitsUntilMs = 0;
  /** Timers that keep a process alive, as Node counts them: none may be left of one that has stopped. */
  readonly heldTimers = new Set<{ readonly owner: Owner }>();
  /**
   * Signals of this process that were joined from others. Node keeps them for as long as somebody listens, so that one whose process was
   * killed would be kept for good, and all of its world with it.
   */
  readonly joinedSignals: AbortSignal[] = [];
  #isDead = false;

  constructor(name: string, random: Random, parent: Owner | null = null) {
    this.name = name;
    this.random = random;
    this.parent = parent;
  }

  get isAlive(): boolean {
    return !this.#isDead && (this.parent?.isAlive ?? true);
  }

  /** The process itself. */
  get root(): Owner {
    return this.parent?.root ?? this;
  }

  die(): void {
    this.#isDead = true;
    for (const signal of this.joinedSignals.splice(0))
      for (const listener of getEventListeners(signal, "abort"))
        signal.removeEventListener("abort", listener as () => void);
  }
}
