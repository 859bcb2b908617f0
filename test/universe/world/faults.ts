import type { Lease } from "./lease.ts";
import type { Owner } from "./owner.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";

/** How often each kind of trouble comes: a probability per operation. What is 0 never comes. */
export interface Troubles {
  readonly duplicate: number;
  readonly lostAck: number;
  readonly lateAck: number;
  readonly lostConnection: number;
  readonly lostExtension: number;
  readonly lostConfirmation: number;
  readonly lostPublication: number;
  readonly slowDelivery: number;
  readonly storageFails: number;
  readonly storageForgetsToSay: number;
  readonly storageSlow: number;
  readonly storageNeverSays: number;
  readonly sourceAway: number;
}

export const noTroubles: Troubles = {
  duplicate: 0,
  lostAck: 0,
  lateAck: 0,
  lostConnection: 0,
  lostExtension: 0,
  lostConfirmation: 0,
  lostPublication: 0,
  slowDelivery: 0,
  storageFails: 0,
  storageForgetsToSay: 0,
  storageSlow: 0,
  storageNeverSays: 0,
  sourceAway: 0,
};

/** Decides, for every operation, how long it takes and whether something goes wrong. */
export class Faults {
  readonly longestNetworkMs = 400;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #distanceMs: number;
  #troubles: Troubles;
  /** Services that do not answer at all. */
  readonly away = new Set<"queue" | "storage">();
  storageIsFull = false;
  /** A client says that it is done with a message. */
  onAckCalled: (lease: Lease) => void = () => {};
  /** Something that a process asked for has just been done: the moment to take it away, if somebody waits for that. */
  onEffect: (owner: Owner) => void = () => {};
  happened = 0;

  /** @param distanceMs what a call takes one way, at the median. */
  constructor(scheduler: Scheduler, troubles: Troubles, distanceMs: number) {
    this.#scheduler = scheduler;
    this.#random = scheduler.random.fork("faults");
    this.#troubles = troubles;
    this.#distanceMs = distanceMs;
  }

  /** From now on nothing goes wrong by chance. */
  heal(): void {
    this.#troubles = noTroubles;
  }

  networkMs(): number {
    return Math.min(this.longestNetworkMs, this.#random.longTailed(this.#distanceMs));
  }

  deliveryDelayMs(): number {
    return this.#strikes("slowDelivery") ? this.#random.between(1_000, 60_000) : this.networkMs();
  }

  backoffShare(): number {
    return this.#random.between(0.8, 1.2);
  }

  deliversTwice(): boolean {
    return this.#strikes("duplicate");
  }

  ignoresOldAck(): boolean {
    return this.#random.chance(0.5);
  }

  losesConnection(): boolean {
    return this.#strikes("lostConnection");
  }

  losesExtension(): boolean {
    return this.#strikes("lostExtension");
  }

  publication() {
    const isAway = this.away.has("queue");
    const arrives = !isAway && !this.#strikes("lostPublication");
    return {
      arrives,
      confirms: arrives && !this.#strikes("lostConfirmation"),
      thereMs: this.networkMs(),
      backMs: this.networkMs(),
      retryMs: this.#random.between(100, isAway ? 10_000 : 1_000),
    };
  }

  settlement() {
    const arrives = !this.away.has("queue") && !this.#strikes("lostAck");
    const isLate = this.#strikes("lateAck");
    return {
      arrives,
      batchMs: this.#random.between(0, 10),
      thereMs: isLate ? this.#random.between(1_000, 30_000) : this.networkMs(),
    };
  }

  storage() {
    const isAway = this.away.has("storage");
    const fails = isAway || this.#strikes("storageFails");
    return {
      /** Whether the server hears of it. */
      arrives: !fails,
      /** Whether its answer is lost, so that the client asks again. */
      repeats: !fails && this.#strikes("storageForgetsToSay"),
      /** Whether it is done, and the client gives up before it hears of it. */
      isUntold: !fails && this.#strikes("storageNeverSays"),
      thereMs: this.#strikes("storageSlow") ? this.#random.between(500, 15_000) : this.networkMs(),
      backMs: this.networkMs(),
      /** When the client gives up. */
      giveUpMs: this.#random.between(5_000, 30_000),
    };
  }

  /** How a server of somebody else's answers. */
  source() {
    const isAway = this.#strikes("sourceAway");
    const ending = isAway ? this.#random.pick(["busy", "cut", "silent"] as const) : "whole";
    return { ending, afterMs: this.networkMs() + this.networkMs() };
  }

  #strikes(trouble: keyof Troubles): boolean {
    const probability = this.#troubles[trouble];
    if (probability === 0 || !this.#random.chance(probability)) return false;
    this.happened += 1;
    this.#scheduler.note(`fault: ${trouble}`);
    return true;
  }
}
