// Stands in for `piscina`: threads are owners below their process's; what runs in them is the very module that Piscina
// would have loaded. A thread that is stopped is dead: nothing of it goes on.
import { EventEmitter } from "node:events";
import { Owner } from "../world/owner.ts";
import { demandWorld } from "../world/world.ts";

interface PiscinaOptions {
  readonly filename: string;
  readonly maxThreads: number;
}

interface Task {
  readonly input: { readonly fleetUrl: string };
  readonly signal: AbortSignal | undefined;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

type Run = (input: unknown) => Promise<unknown>;

/** The module that a thread runs, by its file and the fleet: loaded before a world begins, since loading takes real time. */
const loaded = new Map<string, Run>();

export async function loadThreadModule(filename: string, fleetUrl: string): Promise<void> {
  // What a thread's module keeps for itself is a thread's: releases must not share it.
  const module: { default: Run } = await import(`${filename}?fleet=${encodeURIComponent(fleetUrl)}`);
  loaded.set(`${filename} ${fleetUrl}`, module.default);
}

export class Piscina<Input extends { readonly fleetUrl: string }, Result> extends EventEmitter {
  readonly #options: PiscinaOptions;
  readonly #process: Owner;
  readonly #idle: Owner[] = [];
  readonly #waiting: Task[] = [];
  #threads = 0;
  isDestroyed = false;

  constructor(options: PiscinaOptions) {
    super();
    this.#options = options;
    this.#process = demandWorld().scheduler.current;
    openPools.set(this.#process, (openPools.get(this.#process) ?? 0) + 1);
    for (let index = 0; index < options.maxThreads; index++) this.#idle.push(this.#newThread());
  }

  run(input: Input, { signal }: { signal?: AbortSignal } = {}): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ input, signal, resolve: resolve as Task["resolve"], reject });
      this.#startNext();
    });
  }

  async destroy(): Promise<void> {
    if (this.isDestroyed) return;
    this.isDestroyed = true;
    for (const thread of this.#idle) thread.die();
    openPools.set(this.#process, (openPools.get(this.#process) ?? 0) - 1);
  }

  #newThread(): Owner {
    this.#threads += 1;
    const name = `${this.#process.name}.t${this.#threads}`;
    return new Owner(name, this.#process.random.fork(name), this.#process);
  }

  #startNext(): void {
    const thread = this.#idle.pop();
    if (!thread) return;
    const task = this.#waiting.shift();
    if (!task) return void this.#idle.push(thread);
    const { scheduler } = demandWorld();
    const run = loaded.get(`${this.#options.filename} ${task.input.fleetUrl}`);
    if (!run) throw new Error(`the thread's module is not loaded for ${task.input.fleetUrl}`);
    let isOver = false;
    const end = (next: Owner, settle: () => void) => {
      if (isOver) return;
      isOver = true;
      task.signal?.removeEventListener("abort", onAbort);
      this.#idle.push(next);
      settle();
      this.#startNext();
    };
    const onAbort = () => {
      thread.die();
      end(this.#newThread(), () => task.reject(new DOMException("the task was aborted", "AbortError")));
    };
    task.signal?.addEventListener("abort", onAbort, { once: true });
    scheduler.plan(thread, 0, "", () => {
      const back = (settle: () => void) => scheduler.plan(this.#process, 0, "", () => end(thread, settle));
      run(task.input).then(
        (result) => void back(() => task.resolve(result)),
        (error: unknown) => void back(() => task.reject(error)),
      );
    });
  }
}

/** Pools that a process has opened and not destroyed. */
const openPools = new WeakMap<Owner, number>();

export function countOpenPools(process: Owner): number {
  return openPools.get(process) ?? 0;
}
