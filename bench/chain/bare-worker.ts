// The bare work, in a process of its own: every step's own function, called in turn on plain files. No queue, no
// storage, no records, no threads. Steps are set up before the first track, as services do before they are ready.
import { type Kind, Master, outputsOf } from "@segue/contracts";
import { type AnyStep, loadFleet, runStep } from "@segue/step";
import { factsIn } from "@segue/step/attempt";
import type { BareAnswer, BareRequest, BareRun, StepCost } from "./bare-messages.ts";
import { ownCpuMs } from "./process-cpu.ts";

const say = (answer: BareAnswer) => process.send?.(answer);

interface Made {
  readonly facts: unknown;
  readonly path: string;
}

async function make(
  step: AnyStep,
  work: unknown,
  made: ReadonlyMap<string, Made>,
  dir: string,
): Promise<[string, Made][]> {
  const given: Record<string, Made> = {};
  for (const [input, kind] of Object.entries<Kind>(step.consumes)) {
    const artifact = made.get(kind.name);
    if (!artifact) throw new Error(`${step.name} consumes ${kind.name}, which nothing made`);
    given[input] = artifact;
  }
  const run = await runStep(step, given, { outputDir: dir, work });
  const paths: Readonly<Record<string, string>> = run.outputPaths;
  return outputsOf(step).map(({ name, kind }) => [
    kind.name,
    { facts: factsIn(step, run.facts, name), path: paths[name] ?? "" },
  ]);
}

async function runAll(
  steps: readonly AnyStep[],
  works: ReadonlyMap<AnyStep, unknown>,
  { masterPath, sizeBytes, dir }: BareRequest,
): Promise<BareRun> {
  const made = new Map<string, Made>([[Master.name, { facts: { sizeBytes }, path: masterPath }]]);
  const costs: StepCost[] = [];
  const began = { cpuMs: ownCpuMs(), wallMs: performance.now() };
  let before = began;
  for (const step of steps) {
    for (const [kind, artifact] of await make(step, works.get(step), made, dir)) made.set(kind, artifact);
    const after = { cpuMs: ownCpuMs(), wallMs: performance.now() };
    costs.push({
      step: step.name,
      cpuMs: after.cpuMs - before.cpuMs,
      wallMs: after.wallMs - before.wallMs,
    });
    before = after;
  }
  return { steps: costs, cpuMs: before.cpuMs - began.cpuMs, wallMs: before.wallMs - began.wallMs };
}

const fleetUrl = process.argv[2];
if (!fleetUrl) throw new Error("expected the URL of the module that exports the fleet");
const { steps } = (await loadFleet(fleetUrl)).chain;
const works = new Map<AnyStep, unknown>();
for (const step of steps) works.set(step, await step.setup());

process.on("message", (request: BareRequest) => {
  runAll(steps, works, request).then(
    (run) => say({ type: "done", run }),
    (error: unknown) =>
      say({
        type: "failed",
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
  );
});
say({ type: "ready" });
