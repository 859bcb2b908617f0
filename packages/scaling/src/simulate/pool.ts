import type { ReplicaSettings, Waiting } from "../wanted-replicas.ts";
import { type Cores, type Job, ownCores, podCores } from "./cores.ts";
import { createQueue } from "./queue.ts";
import { createScaler, pollSec, type Scaler } from "./scaler.ts";
import type { Nodes, Scenario, SimulatedService, SimulatedStep } from "./scenario.ts";
import type { Timeline } from "./timeline.ts";

export interface SimulatedPool {
  readonly name: string;
  readonly replicas: { readonly mean: number; readonly most: number };
  /** CPUs that were paid for, in s. */
  readonly paidCpuSec: number;
  /** Of which were spent on attempts that came to an end. */
  readonly usedCpuSec: number;
  /** And on those that a preemption, or the scaler, took. */
  readonly lostCpuSec: number;
  readonly preemptions: number;
  /** How many there may be at once, null: any number; and how long more than that were wanted, in s. */
  readonly limit: number | null;
  readonly limitedSec: number;
}

interface Attempt<T> {
  readonly track: T;
  readonly step: SimulatedStep;
}

interface Hand<T> extends Attempt<T> {
  readonly cpuSec: number;
  readonly takenAtSec: number;
  job: Job | undefined;
}

interface Replica<T> {
  readonly askedAtSec: number;
  state: "starting" | "up" | "gone";
  readonly hands: Set<Hand<T>>;
  readonly cores: Cores;
  /** When it is taken away and has ended. */
  onGone?: (() => void) | undefined;
}

/** A worker that a scaler takes away finishes what it has in hand, as far as it takes no longer, in s. */
const drainSec = 12;

/** The replicas of one service, and what waits for them. */
export class Pool<T> {
  readonly settings: ReplicaSettings;
  readonly #name: string;
  readonly #nodes: Nodes;
  readonly #beside: Scenario["beside"];
  /** Of each replica. */
  readonly #coresOfOne: () => Cores;
  /** How often chance takes a replica away. */
  readonly #perSec: number;
  readonly #timeline: Timeline;
  readonly #onDone: (track: T, step: SimulatedStep) => void;
  readonly #scaler: Scaler;
  readonly #queue = createQueue<Attempt<T>>();
  readonly #replicas = new Set<Replica<T>>();
  /** Those of them that could take something up. */
  readonly #free = new Set<Replica<T>>();
  /** Attempts that wait or are in hand, by step. */
  readonly #counts: Map<SimulatedStep, number>;
  #toCome = 0;
  readonly #sums = { paidSec: 0, usedCpuSec: 0, lostCpuSec: 0, preemptions: 0, most: 0, limitedSec: 0 };

  constructor(
    { name, settings, steps }: SimulatedService,
    { nodes, beside, takenAtSec }: Scenario,
    timeline: Timeline,
    /** Of the one machine that all are on, if they are. */
    machine: Cores | undefined,
    onDone: (track: T, step: SimulatedStep) => void,
  ) {
    this.settings = settings;
    this.#name = name;
    this.#nodes = nodes;
    this.#beside = beside;
    const own = machine ?? ownCores(timeline);
    const isCrowded = !machine && settings.slots > settings.cores;
    this.#coresOfOne = () => (isCrowded ? podCores(timeline, settings.cores) : own);
    this.#timeline = timeline;
    this.#onDone = onDone;
    this.#scaler = createScaler(settings);
    this.#counts = new Map(steps.map((step) => [step, 0]));
    const isRecorded = takenAtSec !== undefined;
    this.#perSec = isRecorded ? 0 : nodes.preemptionsPerHour / 3_600;
    for (const atSec of takenAtSec?.get(name) ?? []) timeline.after(atSec, () => this.#takeOne());
  }

  add(track: T, step: SimulatedStep): void {
    this.#count(step, 1);
    this.#put({ track, step });
  }

  /** What waits, and what is in hand. */
  waiting(): Waiting {
    let attempts = 0;
    let cpuSec = 0;
    for (const [step, count] of this.#counts) {
      attempts += count;
      cpuSec += count * step.cpuSec;
    }
    return { attempts, cpuSec };
  }

  /** Replicas that are up, start, or will when another one has ended. */
  get size(): number {
    return this.#replicas.size + this.#toCome;
  }

  /** A scaler has looked. @param useful how many it would want without a limit. */
  scale(wanted: number, useful: number): void {
    if (useful > wanted) this.#sums.limitedSec += pollSec;
    const target = this.#scaler.look(this.#timeline.nowSec, wanted, this.size);
    while (this.size < target) this.#start();
    if (this.size === target) return;
    // Those that do nothing go first.
    const idleFirst = [...this.#replicas].toSorted((a, b) => a.hands.size - b.hands.size);
    for (const replica of idleFirst.slice(0, this.size - target)) this.#end(replica, drainSec);
  }

  /** At the end of it all. */
  sum(): SimulatedPool {
    const { nowSec } = this.#timeline;
    const { most, usedCpuSec, lostCpuSec, preemptions, limitedSec } = this.#sums;
    let { paidSec } = this.#sums;
    for (const { askedAtSec } of this.#replicas) paidSec += nowSec - askedAtSec;
    return {
      name: this.#name,
      replicas: { mean: paidSec / Math.max(1, nowSec), most },
      paidCpuSec: paidSec * this.settings.cores,
      ...{ usedCpuSec, lostCpuSec, preemptions },
      ...{ limit: this.settings.maxReplicas, limitedSec },
    };
  }

  #count(step: SimulatedStep, by: number): void {
    this.#counts.set(step, (this.#counts.get(step) ?? 0) + by);
  }

  #put(attempt: Attempt<T>): void {
    this.#queue.push(attempt);
    const [replica] = this.#free;
    if (replica) this.#work(replica);
  }

  #work(replica: Replica<T>): void {
    while (replica.state === "up" && replica.hands.size < this.settings.slots) {
      const attempt = this.#queue.shift();
      if (!attempt) break;
      this.#begin(replica, attempt);
    }
    if (replica.state === "up" && replica.hands.size < this.settings.slots) this.#free.add(replica);
    else this.#free.delete(replica);
  }

  #begin(replica: Replica<T>, { track, step }: Attempt<T>): void {
    const cpuSec = step.cpuSec * this.#timeline.spread();
    const hand: Hand<T> = { track, step, cpuSec, takenAtSec: this.#timeline.nowSec, job: undefined };
    replica.hands.add(hand);
    hand.job = replica.cores.begin(cpuSec, step.width ?? 1, () => this.#serve(replica, hand));
  }

  /** Its result is stored and told; a worker may be gone before that. */
  #serve(replica: Replica<T>, hand: Hand<T>): void {
    const { sec, cpuSec, awaited, isApart = false } = this.#beside;
    if (isApart) this.#release(replica, hand);
    let left = 2;
    const onServed = () => {
      left -= 1;
      if (left > 0 || !(isApart || replica.hands.has(hand))) return;
      this.#count(hand.step, -1);
      this.#onDone(hand.track, hand.step);
      if (!isApart) this.#release(replica, hand);
    };
    this.#timeline.after(sec, onServed);
    replica.cores.serve(cpuSec * awaited, onServed);
    replica.cores.serve(cpuSec * (1 - awaited), () => {});
  }

  /** The replica has done its part of it. */
  #release(replica: Replica<T>, hand: Hand<T>): void {
    replica.hands.delete(hand);
    this.#sums.usedCpuSec += hand.cpuSec;
    this.#work(replica);
    this.#noteGone(replica);
  }

  #start(): void {
    const { startSec, startCpuSec = 0 } = this.#nodes;
    const replica: Replica<T> = {
      askedAtSec: this.#timeline.nowSec,
      state: "starting",
      hands: new Set(),
      cores: this.#coresOfOne(),
    };
    this.#replicas.add(replica);
    this.#sums.most = Math.max(this.#sums.most, this.#replicas.size);
    const onUp = () => {
      if (replica.state !== "starting") return;
      replica.state = "up";
      this.#work(replica);
    };
    this.#timeline.after(startSec, () => replica.cores.serve(startCpuSec, onUp));
    if (this.#perSec > 0)
      this.#timeline.after(this.#timeline.exponential(this.#perSec), () => this.#take(replica));
  }

  #takeOne(): void {
    const [replica] = this.#replicas;
    if (replica) this.#take(replica);
  }

  /** Its node goes. Whoever keeps the number of replicas asks for another one. */
  #take(replica: Replica<T>): void {
    if (!this.#replicas.has(replica)) return;
    const { noticeSec, startsNextWhenGone } = this.#nodes;
    this.#sums.preemptions += 1;
    if (startsNextWhenGone) {
      this.#toCome += 1;
      replica.onGone = () => {
        this.#toCome -= 1;
        this.#start();
      };
    }
    this.#end(replica, noticeSec);
    if (!startsNextWhenGone) this.#start();
  }

  /** It takes nothing more; what is not done in time is done again. */
  #end(replica: Replica<T>, withinSec: number): void {
    replica.state = "gone";
    this.#replicas.delete(replica);
    this.#free.delete(replica);
    this.#sums.paidSec += this.#timeline.nowSec - replica.askedAtSec;
    if (withinSec > 0 && replica.hands.size > 0)
      this.#timeline.after(withinSec, () => this.#lose(replica, { isGivenBack: true }));
    else this.#lose(replica, { isGivenBack: false });
  }

  /** What a worker gives back is handed out at once; what a killed one had is, when its lease has run out. */
  #lose(replica: Replica<T>, { isGivenBack }: { readonly isGivenBack: boolean }): void {
    const { hands } = replica;
    const { leaseSec } = this.#nodes;
    for (const hand of hands) {
      hands.delete(hand);
      this.#sums.lostCpuSec += hand.job?.spentSec() ?? 0;
      hand.job?.cancel();
      const heldSec = this.#timeline.nowSec - hand.takenAtSec;
      this.#timeline.after(isGivenBack ? 0 : leaseSec - (heldSec % leaseSec), () => this.#put(hand));
    }
    this.#noteGone(replica);
  }

  #noteGone(replica: Replica<T>): void {
    if (replica.state !== "gone" || replica.hands.size > 0) return;
    replica.onGone?.();
    replica.onGone = undefined;
  }
}
