// The bare work, in a process of its own: every step's own function, called in turn on plain files. No queue, no
// storage, no records, no threads. Steps are set up before the first track, as services do before they are ready.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Master, type StepSpec } from "@segue/contracts";
import { type AnyStep, type Input, loadFleet, parseFacts } from "@segue/step";
import type { BareAnswer, BareRequest, BareRun, StepCost } from "./bare-messages.ts";
import { ownCpuMs } from "./process-cpu.ts";

const say = (answer: BareAnswer) => process.send?.(answer);
const address = "0".repeat(64);
const log = { debug() {}, info() {}, warn() {} };

async function runStep(
  step: AnyStep,
  work: unknown,
  artifacts: ReadonlyMap<string, Input>,
  dir: string,
): Promise<Input> {
  const { name: kind, payload } = step.produces;
  const consumes: StepSpec["consumes"] = step.consumes;
  const inputs = Object.fromEntries(
    Object.entries(consumes).map(([name, consumed]): [string, Input] => {
      const input = artifacts.get(consumed.name);
      if (!input) throw new Error(`${step.name} consumes ${consumed.name}, which nothing made`);
      return [name, input];
    }),
  );
  const scratchDir = join(dir, `${step.name}-scratch`);
  mkdirSync(scratchDir);
  const path = payload ? join(dir, `${kind}.${payload.extension}`) : "";
  const signal = new AbortController().signal;
  const context = { log, signal, outputPath: path, scratchDir, onSpawn() {} };
  const facts: unknown = parseFacts(step, await step.run(inputs, work, context));
  return { kind, address, facts, path };
}

async function runAll(
  steps: readonly AnyStep[],
  works: ReadonlyMap<AnyStep, unknown>,
  { masterPath, sizeBytes, dir }: BareRequest,
): Promise<BareRun> {
  const master: Input = { kind: Master.name, address, facts: { sizeBytes }, path: masterPath };
  const artifacts = new Map([[master.kind, master]]);
  const costs: StepCost[] = [];
  const began = { cpuMs: ownCpuMs(), wallMs: performance.now() };
  let before = began;
  for (const step of steps) {
    const artifact = await runStep(step, works.get(step), artifacts, dir);
    artifacts.set(artifact.kind, artifact);
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
