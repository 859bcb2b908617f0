// Runs each step of the chain of the tree that it lies in on some files, in this very process: no queue, no storage. Kept to what both editions know, since it is
// copied into a tree of the first one. `node run-steps.ts PLAN.json`: the plan is a `RunPlan`, the last line of what is printed a `StepResults`.
import { createHash } from "node:crypto";
import { mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { findFfmpeg } from "@segue/audio";
import { loadFleet } from "@segue/step";
import { runStep } from "@segue/step/testing";

export interface RunPlan {
  readonly root: string;
  readonly outDir: string;
  readonly files: readonly string[];
  /** What another tree's steps made: inputs are taken from there where they are, so that steps are compared and not chains. */
  readonly inputs?: StepResults["made"];
}

export interface Made {
  readonly step: string;
  readonly version: number;
  readonly kind: string;
  /** Null: it has failed, permanently. */
  readonly facts: unknown;
  readonly failure: string | null;
  readonly path: string;
  /** Of the payload's bytes; the empty string where the kind has none. */
  readonly sha256: string;
}

export interface StepResults {
  readonly ffmpeg: string;
  /** By file, by kind. */
  readonly made: Readonly<Record<string, Readonly<Record<string, Made>>>>;
}

/** A step as both editions have it. */
interface AnyStep {
  readonly name: string;
  readonly version: number;
  readonly consumes: Readonly<Record<string, { readonly name: string }>>;
  readonly produces: { readonly name: string };
}

const plan = JSON.parse(await readFile(process.argv[2] ?? "", "utf8")) as RunPlan;
const { chain } = await loadFleet(pathToFileURL(join(plan.root, "segue.config.ts")).href);
const steps = inOrder(chain.steps as unknown as AnyStep[]);
const made: Record<string, Record<string, Made>> = {};
for (const file of plan.files) made[file] = await runAll(file);
const { version } = await findFfmpeg();
console.log(JSON.stringify({ ffmpeg: version, made } satisfies StepResults));

/** Each after those that make what it consumes. */
function inOrder(all: readonly AnyStep[]): AnyStep[] {
  const known = new Set(["master"]);
  const ordered: AnyStep[] = [];
  for (let before = -1; before !== ordered.length; ) {
    before = ordered.length;
    for (const step of all) {
      if (ordered.includes(step) || !Object.values(step.consumes).every(({ name }) => known.has(name)))
        continue;
      ordered.push(step);
      known.add(step.produces.name);
    }
  }
  return ordered;
}

async function runAll(file: string): Promise<Record<string, Made>> {
  const ours: Record<string, Made> = {};
  const master = { facts: { sizeBytes: (await stat(file)).size }, path: file };
  for (const step of steps) {
    const given: Record<string, { facts: unknown; path: string }> = {};
    for (const [input, { name }] of Object.entries(step.consumes)) {
      const artifact = plan.inputs?.[file]?.[name] ?? ours[name];
      if (name === "master") given[input] = master;
      else if (artifact && artifact.failure === null)
        given[input] = { facts: artifact.facts, path: artifact.path };
    }
    // What it is made of has failed: so has it.
    if (Object.keys(given).length === Object.keys(step.consumes).length)
      ours[step.produces.name] = await runOne(step, given, file);
  }
  return ours;
}

async function runOne(step: AnyStep, given: object, file: string): Promise<Made> {
  const outputDir = join(plan.outDir, `${plan.files.indexOf(file)}-${step.name}`);
  await mkdir(outputDir, { recursive: true });
  const of = { step: step.name, version: step.version, kind: step.produces.name };
  try {
    const { facts, outputPath } = await runStep(step as never, given as never, { outputDir });
    const sha256 = outputPath
      ? createHash("sha256")
          .update(await readFile(outputPath))
          .digest("hex")
      : "";
    return { ...of, facts, failure: null, path: outputPath, sha256 };
  } catch (error) {
    const { code, permanent } = error as { code?: string; permanent?: boolean };
    if (code === undefined || !permanent) throw error;
    return { ...of, facts: null, failure: code, path: "", sha256: "" };
  }
}
