// A worker thread's side: loads the fleet once, sets each step up once, runs it on request.
import { StepError, type Tools } from "@segue/contracts";
import { type BatchMember, runMembers } from "../batch.ts";
import type { AnyStep } from "../define-step.ts";
import { drivePieces, driveStep } from "../drive-step.ts";
import { loadFleet } from "../fleet.ts";
import { type Composed, openOutputs } from "../output-payloads.ts";
import type { Input, Inputs, StepContext } from "../step-context.ts";
import { readSchedule, readThreadId } from "./schedule.ts";
import { createAsker, type FromThread } from "./thread-port.ts";
import {
  asThreadFailure,
  type ThreadAttempt,
  type ThreadResult,
  type ThreadSuccess,
  type ThreadTask,
} from "./thread-task.ts";

interface Prepared {
  readonly step: AnyStep;
  readonly work: unknown;
}

const prepared = new Map<string, Promise<Prepared>>();

async function load(fleetUrl: string, name: string): Promise<Prepared> {
  const step = (await loadFleet(fleetUrl)).chain.step(name);
  return { step, work: await step.setup() };
}

function prepare({ fleetUrl, step: name }: Omit<ThreadTask, "attempts">): Promise<Prepared> {
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

/** @returns how each attempt ended, in their order; without any, how the set-up did. */
export default async function runTask({ attempts, ...task }: ThreadTask): Promise<ThreadResult[]> {
  let tools: Tools = {};
  const failed = (thrown: unknown) => ({ ...asThreadFailure(thrown), tools });
  try {
    const threadId = readThreadId();
    for (const { port } of attempts)
      if (threadId !== null) port.postMessage({ type: "entered", threadId } satisfies FromThread);
    const ready = await prepare(task);
    tools = await toolsOf(ready);
    if (attempts.length === 0) return [{ ...nothingDone, tools }];
    const before = threadCpuMs();
    const ends = await runAttempts(
      ready,
      attempts.map((attempt) => openAttempt(ready.step, attempt)),
    );
    const after = threadCpuMs();
    const sharedBy = attempts.length;
    const cpuMs = before === null || after === null ? null : (after - before) / sharedBy;
    return ends.map((end) =>
      end.status === "fulfilled" ? { ...end.value, cpuMs, sharedBy, tools } : failed(end.reason),
    );
  } catch (thrown) {
    return Array.from({ length: Math.max(1, attempts.length) }, () => failed(thrown));
  } finally {
    for (const { port } of attempts) port.close();
  }
}

type Ended = Pick<ThreadSuccess, "ok" | "status" | "facts" | "composed">;
const nothingDone = {
  ok: true,
  status: "finished",
  facts: null,
  composed: {},
  cpuMs: 0,
} as const;

async function runAttempts(
  { step, work }: Prepared,
  attempts: readonly OpenAttempt[],
): Promise<PromiseSettledResult<Ended>[]> {
  for (const { say } of attempts) say({ type: "began" });
  if (!step.batch) return Promise.allSettled(attempts.map((one) => runOne(step, work, one)));
  const members = await runMembers(step.batch, attempts, work);
  return members.map((end) =>
    end.status === "rejected"
      ? end
      : { status: "fulfilled", value: { ok: true, status: "finished", facts: end.value, composed: {} } },
  );
}

async function runOne(step: AnyStep, work: unknown, attempt: OpenAttempt): Promise<Ended> {
  const { inputs, context, todo, ask, composed } = attempt;
  const driven = await (todo
    ? drivePieces(step, todo, inputs, work, context, (index, { state, files }) =>
        ask("piece", index, state, files ?? {}),
      )
    : driveStep(step, inputs, work, context, ({ state, files }) => ask("checkpoint", state, files ?? {})));
  const facts = driven.status === "finished" ? driven.facts : null;
  return { ok: true, status: driven.status, facts, composed: composed() };
}

interface OpenAttempt extends BatchMember, Pick<ThreadAttempt, "todo">, ReturnType<typeof createAsker> {
  composed(): Composed;
}

/** What the step is given of an attempt, with its functions. */
function openAttempt(
  step: AnyStep,
  { port, inputs: inputData, outputPaths, scratchDir, resumed, pieces, todo }: ThreadAttempt,
): OpenAttempt {
  const abort = new AbortController();
  const { say, ask } = createAsker(port, () =>
    abort.abort(new StepError("aborted", "the attempt was told to stop")),
  );
  const outputs = openOutputs(step, outputPaths);
  const context: StepContext = {
    log: {
      debug: (fields, message) => say({ type: "log", level: "debug", fields, message }),
      info: (fields, message) => say({ type: "log", level: "info", fields, message }),
      warn: (fields, message) => say({ type: "log", level: "warn", fields, message }),
    },
    signal: abort.signal,
    ...outputs.context,
    scratchDir,
    resumed,
    pieces,
    fetchFile: (name) => ask("fetchFile", name),
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
  return { inputs, context, todo, say, ask, composed: outputs.composed };
}

function threadCpuMs(): number | null {
  return readSchedule("thread-self")?.cpuMs ?? null;
}
