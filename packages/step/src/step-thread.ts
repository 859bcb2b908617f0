// A worker thread's side: loads the fleet once, sets each step up once, runs it on request.
import { readFileSync } from "node:fs";
import type { MessagePort } from "node:worker_threads";
import { StepError } from "@segue/contracts";
import type { AnyStep, Input, StepContext } from "./define-step.ts";
import { loadFleet } from "./fleet.ts";

/** What a thread is asked to do. Without inputs it only sets the step up. */
export interface ThreadTask {
  readonly fleetUrl: string;
  readonly step: string;
  readonly inputs: Readonly<Record<string, Input>> | null;
  readonly outputPath: string;
  readonly scratchDir: string;
  readonly port: MessagePort;
}

/** What a thread says while it runs. */
export type ThreadMessage =
  | {
      readonly type: "log";
      readonly level: "debug" | "info" | "warn";
      readonly fields: object;
      readonly message: string;
    }
  | { readonly type: "spawned"; readonly pid: number };

/** Errors lose their class and code on the way between threads: they travel as data. */
export type ThreadResult =
  | { readonly ok: true; readonly facts: unknown; readonly cpuMs: number | null }
  | {
      readonly ok: false;
      readonly code: StepError["code"];
      readonly message: string;
      readonly stack: string | undefined;
    };

interface Prepared {
  readonly step: AnyStep;
  readonly work: unknown;
}

const prepared = new Map<string, Promise<Prepared>>();

async function prepare(fleetUrl: string, name: string): Promise<Prepared> {
  const step = (await loadFleet(fleetUrl)).chain.step(name);
  return { step, work: await step.setup() };
}

/** CPU time of this very thread; null where the system does not tell. */
function threadCpuMs(): number | null {
  try {
    return Number(readFileSync("/proc/thread-self/schedstat", "latin1").split(" ", 1)[0]) / 1e6;
  } catch {
    return null;
  }
}

export default async function runTask(task: ThreadTask): Promise<ThreadResult> {
  const { fleetUrl, step: name, port } = task;
  const say = (message: ThreadMessage) => port.postMessage(message);
  const abort = new AbortController();
  port.on("message", () => abort.abort(new StepError("aborted", "the attempt was told to stop")));
  try {
    let preparing = prepared.get(name);
    if (!preparing) {
      preparing = prepare(fleetUrl, name);
      prepared.set(name, preparing);
      preparing.catch(() => prepared.delete(name));
    }
    const { step, work } = await preparing;
    if (!task.inputs) return { ok: true, facts: null, cpuMs: 0 };
    const context: StepContext = {
      log: {
        debug: (fields, message) => say({ type: "log", level: "debug", fields, message }),
        info: (fields, message) => say({ type: "log", level: "info", fields, message }),
        warn: (fields, message) => say({ type: "log", level: "warn", fields, message }),
      },
      signal: abort.signal,
      outputPath: task.outputPath,
      scratchDir: task.scratchDir,
      onSpawn: (pid) => say({ type: "spawned", pid }),
    };
    const before = threadCpuMs();
    const facts: unknown = await step.run(task.inputs, work, context);
    const after = threadCpuMs();
    return { ok: true, facts, cpuMs: before === null || after === null ? null : after - before };
  } catch (thrown) {
    const { code, message, stack } = StepError.from(thrown);
    return { ok: false, code, message, stack };
  } finally {
    port.close();
  }
}
