import { AsyncLocalStorage, createHook } from "node:async_hooks";
import { readdirSync, readlinkSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { childrenOf } from "./children.ts";

/** What holds a process, or a worker, or work for them, by Node's names, until it is closed. */
const handles: ReadonlyMap<string, string> = new Map([
  ["Timeout", "a timer"],
  ["WORKER", "a worker thread"],
  ["MESSAGEPORT", "a message port"],
  ["PROCESSWRAP", "a child process"],
  ["PIPEWRAP", "a pipe"],
  ["PIPESERVERWRAP", "a server on a pipe"],
  ["TCPWRAP", "a socket"],
  ["TCPSERVERWRAP", "a server"],
  ["UDPWRAP", "a socket"],
  ["FSEVENTWRAP", "a file watcher"],
  ["STATWATCHER", "a file watcher"],
  ["SIGNALWRAP", "a signal's listener"],
]);

/** Notes what some work opens, its own alone, and where, until it is closed. */
export class OpenHandles implements Disposable {
  readonly #inside = new AsyncLocalStorage<true>();
  readonly #open = new Map<number, { readonly what: string; readonly stack: string }>();
  readonly #hook = createHook({
    init: (id, type) => {
      const what = handles.get(type);
      if (what === undefined || !this.#inside.getStore()) return;
      this.#open.set(id, { what, stack: new Error("opened").stack ?? "" });
    },
    destroy: (id) => void this.#open.delete(id),
  });

  constructor() {
    this.#hook.enable();
  }

  during<T>(work: () => Promise<T>): Promise<T> {
    return this.#inside.run(true, work);
  }

  /** One of them that is open yet, in words. */
  one(): string | undefined {
    const [open] = this.#open.values();
    return open && `${open.what}, opened ${whereOf(open.stack)}`;
  }

  [Symbol.dispose](): void {
    this.#hook.disable();
  }
}

/** The first line of a stack that is neither Node's nor ours. */
function whereOf(stack: string): string {
  const line = stack
    .split("\n")
    .slice(1)
    .find((text) => !text.includes("node:") && !text.includes("open-handles.ts"));
  return line?.trim() ?? "somewhere";
}

/** Files that the process has open, by their paths, and how often each; empty where the system does not tell. */
export function openFiles(): Map<string, number> {
  const open = new Map<string, number>();
  try {
    for (const fd of readdirSync("/proc/self/fd")) {
      const path = linkOf(`/proc/self/fd/${fd}`);
      // Sockets, pipes and the like are handles.
      if (path.startsWith("/") && !path.startsWith("/proc/")) open.set(path, (open.get(path) ?? 0) + 1);
    }
  } catch {}
  return open;
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

/** Native threads of this process; 0 where the system does not tell. */
export function threadCount(): number {
  try {
    return readdirSync("/proc/self/task").length;
  } catch {
    return 0;
  }
}

/**
 * Tensors that TensorFlow.js holds, if it is loaded. Its `memory()` would say so too, and throws while no backend is ready:
 * loaded it may be by another step of the same process.
 */
export function tensorCount(): number {
  const engine: unknown = Reflect.get(globalThis, "_tfengine");
  if (typeof engine !== "object" || engine === null || !("state" in engine)) return 0;
  return (engine as { state: { numTensors: number } }).state.numTensors;
}

export interface Held {
  readonly files: ReadonlyMap<string, number>;
  readonly threads: number;
  readonly tensors: number;
  readonly children: ReadonlySet<number>;
}

export function held(): Held {
  return {
    files: openFiles(),
    threads: threadCount(),
    tensors: tensorCount(),
    children: new Set(childrenOf()),
  };
}

/** What is held now and was not before, in words. */
export function heldMore(before: Held): string | undefined {
  const now = held();
  for (const [path, count] of now.files)
    if (count > (before.files.get(path) ?? 0)) return `the file ${path} is open`;
  for (const pid of now.children) if (!before.children.has(pid)) return `the child process ${pid} runs`;
  if (now.tensors > before.tensors) return `${now.tensors - before.tensors} tensors are not disposed of`;
  if (now.threads > before.threads) return `${now.threads - before.threads} threads run`;
  return undefined;
}

let collect: (() => void) | undefined;

/** Frees what nothing refers to any more. */
export function collectGarbage(): void {
  if (!collect) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  collect();
}
