// Stands in for `node:child_process`: the program that only tells its version, and a quarantine's process.
import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import { Owner } from "../world/owner.ts";
import { demandWorld } from "../world/world.ts";

export type ChildProcess = SimChild;

/** A program: its module, as a function of the process that it runs in. See `register.ts`. */
type Program = (process: ProgramSide) => void;

const programs = new Map<string, Program>();

/** Loads a program, which takes real time, before a world begins. */
export async function loadProgram(url: string): Promise<void> {
  const { main } = await import(`${url}?program`);
  programs.set(new URL(url).pathname, main);
}

/** What the program sees as its `process`. */
class ProgramSide extends EventEmitter {
  tell: (message: unknown) => void = () => {};

  send(message: unknown): void {
    this.tell(message);
  }
  exit(): void {}
}

class SimChild extends EventEmitter {
  readonly pid: undefined = undefined;
  readonly stderr = new PassThrough();
  connected = true;
  onKill: () => void = () => {};
  onSend: (message: unknown) => void = () => {};

  send(message: unknown): boolean {
    this.onSend(message);
    return true;
  }

  kill(): boolean {
    if (!this.connected) return false;
    this.connected = false;
    this.onKill();
    return true;
  }
}

/** Only `<node> --version`, with which a machine is tried. */
export function spawn(): SimChild {
  const { scheduler } = demandWorld();
  const child = new SimChild();
  scheduler.plan(scheduler.current, 30, "child exits", () => child.emit("exit", 0, null));
  return child;
}

const startMs = 80;

/** Another process of the same machine: an owner below its parent's. */
export function fork(path: string): SimChild {
  const { scheduler } = demandWorld();
  const program = programs.get(path);
  if (!program) throw new Error(`the program is not loaded: ${path}`);
  const parent = scheduler.current;
  const own = new Owner(`${parent.name}.q`, parent.random.fork(`quarantine ${parent.random.unit()}`), parent);
  const child = new SimChild();
  const inside = new ProgramSide();
  const hear = (owner: Owner, delayMs: number, listener: EventEmitter, message: unknown) =>
    scheduler.plan(owner, delayMs, "", () => listener.emit("message", message));
  child.onSend = (message) => void hear(own, startMs + 1, inside, message);
  inside.tell = (message) => void hear(parent, 0, child, message);
  child.onKill = () => {
    own.die();
    scheduler.plan(parent, 5, "quarantine ends", () => child.emit("close", null, "SIGKILL"));
  };
  scheduler.plan(own, startMs, "quarantine begins", () => program(inside));
  return child;
}
