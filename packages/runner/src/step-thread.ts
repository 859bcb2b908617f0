// A worker thread's side: loads the fleet once, sets each step up once, runs it on request.
import type { MessagePort } from "node:worker_threads";
import { type Failure, type Json, StepError, type Tools } from "@segue/contracts";
import type { AnyStep, Input, Inputs, Resumption, StepContext } from "@segue/step";
import { loadFleet } from "@segue/step";
import {
  createAsker,
  drivePieces,
  driveStep,
  type FromThread,
  readSchedule,
  readThreadId,
} from "@segue/step/attempt";

/** An input as it crosses to the thread: without its functions. */
export type InputData = Omit<Input, "fetch" | "fetchRange">;

/** What a thread is asked to do. Without inputs it only sets the step up. */
export interface ThreadTask {
  readonly fleetUrl: string;
  readonly step: string;
  readonly inputs: Readonly<Record<string, InputData>> | null;
  readonly outputPath: string;
  readonly scratchDir: string;
  readonly resumed: Resumption | null;
  readonly pieces: readonly Json[];
  /** Null: all of the step. */
  readonly todo: readonly number[] | null;
  readonly port: MessagePort;
}

/** Errors lose their class and code on the way between threads: they travel as data. */
export type ThreadResult =
  | ThreadSuccess
  | {
      readonly ok: false;
      readonly failure: Failure;
      readonly stack: string | undefined;
      readonly tools?: Tools;
    };

export interface ThreadSuccess {
  readonly ok: true;
  /** `stopped`: after a checkpoint, because the main thread said so. */
  readonly status: "finished" | "stopped";
  readonly facts: unknown;
  /** Names of the files that make up the payload, if it is not at `outputPath`. */
  readonly composed: readonly string[] | null;
  readonly cpuMs: number | null;
  /** What the step works with where it ran. */
  readonly tools: Tools;
}

export function asThreadFailure(thrown: unknown): ThreadResult {
  const error = StepError.from(thrown);
  return { ok: false, failure: error.toFailure(), stack: error.stack };
}

interface Prepared {
  readonly step: AnyStep;
  readonly work: unknown;
}

const prepared = new Map<string, Promise<Prepared>>();

async function load(fleetUrl: string, name: string): Promise<Prepared> {
  const step = (await loadFleet(fleetUrl)).chain.step(name);
  return { step, work: await step.setup() };
}

function prepare({ fleetUrl, step: name }: ThreadTask): Promise<Prepared> {
  let preparing = prepared.get(name);
  if (!preparing) {
    preparing = load(fleetUrl, name);
    prepared.set(name, preparing);
    preparing.catch(() => prepared.delete(name));
  }
  return preparing;
}

/** Asked each time, since a program that can't be started now may be well later. Then the attempt tells what is wrong. */
async function toolsOf({ step, work }: Prepared): Promise<Tools> {
  try {
    return await step.tools(work);
  } catch {
    return {};
  }
}

export default async function runTask(task: ThreadTask): Promise<ThreadResult> {
  let tools: Tools = {};
  try {
    const threadId = readThreadId();
    if (threadId !== null) task.port.postMessage({ type: "entered", threadId } satisfies FromThread);
    const ready = await prepare(task);
    tools = await toolsOf(ready);
    if (!task.inputs) return { ok: true, status: "finished", facts: null, composed: null, cpuMs: 0, tools };
    return { ...(await runAttempt(ready, task, task.inputs)), tools };
  } catch (thrown) {
    return { ...asThreadFailure(thrown), tools };
  } finally {
    task.port.close();
  }
}

async function runAttempt(
  { step, work }: Prepared,
  task: ThreadTask,
  inputData: Readonly<Record<string, InputData>>,
): Promise<Omit<ThreadSuccess, "tools">> {
  const abort = new AbortController();
  const { say, ask } = createAsker(task.port, () =>
    abort.abort(new StepError("aborted", "the attempt was told to stop")),
  );
  let composed: readonly string[] | null = null;
  const context: StepContext = {
    log: {
      debug: (fields, message) => say({ type: "log", level: "debug", fields, message }),
      info: (fields, message) => say({ type: "log", level: "info", fields, message }),
      warn: (fields, message) => say({ type: "log", level: "warn", fields, message }),
    },
    signal: abort.signal,
    outputPath: task.outputPath,
    scratchDir: task.scratchDir,
    resumed: task.resumed,
    pieces: task.pieces,
    fetchFile: (name) => ask("fetchFile", name),
    composeOutput: (names) => {
      composed = [...names];
    },
    onSpawn: (pid) => say({ type: "spawned", pid }),
  };
  const inputs: Inputs<AnyStep["consumes"]> = Object.fromEntries(
    Object.entries(inputData).map(([name, data]): [string, Input] => [
      name,
      {
        ...data,
        fetch: async () => data.path || (await ask("fetchInput", name)),
        fetchRange: (startByte, endByte) => ask("fetchRange", name, startByte, endByte),
      },
    ]),
  );
  const before = readSchedule("thread-self");
  say({ type: "began" });
  const driven = await (task.todo
    ? drivePieces(step, task.todo, inputs, work, context, (index, { state, files }) =>
        ask("piece", index, state, files ?? {}),
      )
    : driveStep(step, inputs, work, context, ({ state, files }) => ask("checkpoint", state, files ?? {})));
  const after = readSchedule("thread-self");
  return {
    ok: true,
    status: driven.status,
    facts: driven.status === "finished" ? driven.facts : null,
    composed,
    cpuMs: before && after ? after.cpuMs - before.cpuMs : null,
  };
}
