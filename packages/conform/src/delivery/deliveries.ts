import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  type ArtifactReady,
  type ArtifactRecord,
  isOneKind,
  type Kind,
  Master,
  outputsOf,
  ownArtifactOf,
  StepError,
  type StoredKind,
} from "@segue/contracts";
import { createHarness } from "@segue/runner/testing";
import { type AnyStep, parseFacts } from "@segue/step";
import type { Came } from "../compare.ts";
import { Nonconformance } from "../nonconformance.ts";
import type { Sample } from "../sample.ts";
import { type Delivering, deliveryFleet, neighbourName, type Recipes } from "./delivery-fleet.ts";

type Harness = Awaited<ReturnType<typeof createHarness>>;

/** The step behind the real handler of deliveries, over real storage, in worker threads; the queue is the test's own hand. */
export interface Deliveries extends AsyncDisposable {
  readonly harness: Harness;
  /** As it is delivered to. */
  readonly step: AnyStep;
  /** Hosted with it, and fed by it. */
  readonly neighbour: AnyStep;
  /** A file of which the neighbour waits for the end: see `Delivering`. */
  readonly gate: string;
  /** The announcement of a sample's master, of which nothing has been made yet. */
  begin(sample: Sample): Promise<ArtifactReady>;
  /** What lies at the step's address for that sample. @throws {Nonconformance} where nothing does. */
  came(first: ArtifactReady): Promise<Came>;
  /** The record at the step's address. */
  result(first: ArtifactReady): Promise<ArtifactRecord | undefined>;
  /** The record at the address of one of its inputs. */
  record(kind: StoredKind, first: ArtifactReady): Promise<ArtifactRecord | undefined>;
}

/** Of a step that is looked at: see `Subject`. */
export interface Delivered {
  readonly step: AnyStep;
  readonly module: URL;
  readonly samples: readonly Sample[];
  readonly ranged: readonly Sample[];
  readonly dir: string;
}

export async function startDeliveries(subject: Delivered): Promise<Deliveries> {
  const { step, module, samples, ranged } = subject;
  const inRanges = ranged.length > 0;
  const masters = new Map<Sample, Buffer>();
  const recipes: Record<string, Recipes[string]> = {};
  for (const sample of samples) {
    const bytes = await masterOf(sample);
    masters.set(sample, bytes);
    recipes[createHash("sha256").update(bytes).digest("hex")] = recipeOf(sample);
  }
  const how: Delivering = { inRanges, gate: join(subject.dir, "gate") };
  const fleet = deliveryFleet(step, recipes, how);
  const fleetUrl = await writeFleetModule(subject.dir, { module, name: step.name, recipes, how });
  const harness = await createHarness({ fleet, fleetUrl });
  const addressOfKind = (kind: Pick<Kind, "name">, first: ArtifactReady) =>
    fleet.chain.addressesFor(first.record.address).get(kind.name) ?? "";
  const neighbour = fleet.chain.step(neighbourName);
  // The neighbour only where a check is about it.
  const wants = fleet.chain.steps.filter((one) => one !== neighbour).map(({ name }) => name);

  const deliveries: Deliveries = {
    harness,
    step: fleet.chain.step(step.name),
    neighbour,
    gate: how.gate,
    async begin(sample) {
      const first = await harness.accept(masters.get(sample) ?? "", wants);
      for (const [kind, address] of fleet.chain.addressesFor(first.record.address))
        if (kind !== Master.name) await forget(harness, address);
      for (const list of [harness.ready, harness.outcomes, harness.deadLetters]) list.length = 0;
      return first;
    },
    record: (kind, first) => harness.artifacts.readRecord(kind, addressOfKind(kind, first)),
    result: (first) => deliveries.record(ownArtifactOf(step), first),
    async came(first) {
      const record = await deliveries.result(first);
      if (!record) throw new Nonconformance(`nothing came of it: ${lastWords(harness)}`);
      const { outcome } = record;
      if (outcome.status === "failed")
        return { status: "failed", error: StepError.fromFailure(outcome.error) };
      return { status: "succeeded", ...(await readOutputs(harness, step, outcome)) };
    },
    [Symbol.asyncDispose]: () => harness[Symbol.asyncDispose](),
  };
  return deliveries;
}

/** By output, as the step itself returns and writes them. */
async function readOutputs(
  { store }: Harness,
  step: AnyStep,
  outcome: Extract<ArtifactRecord["outcome"], { status: "succeeded" }>,
): Promise<Pick<Extract<Came, { status: "succeeded" }>, "facts" | "payloads">> {
  const facts: Record<string, unknown> = {};
  const payloads: Record<string, Buffer | null> = {};
  for (const { name, kind } of outputsOf(step)) {
    const made = isOneKind(step.produces) ? outcome : outcome.outputs?.[kind.name];
    facts[name] = made?.facts;
    payloads[name] = made?.payload ? await store.readObject(made.payload) : null;
  }
  return { facts: parseFacts(step, isOneKind(step.produces) ? outcome.facts : facts), payloads };
}

/** Bytes that tell the samples apart: their own masters, where the step reads them. */
async function masterOf({ name, given, step }: Sample): Promise<Buffer> {
  const kinds: [string, Kind][] = Object.entries(step.consumes);
  const [input] = kinds.find(([, kind]) => kind.name === Master.name) ?? [];
  const path = input && given[input]?.path;
  return path ? await readFile(path) : Buffer.from(`master of ${name}`);
}

function recipeOf({ given, step }: Sample): Recipes[string] {
  const kinds: [string, Kind][] = Object.entries(step.consumes);
  return Object.fromEntries(
    kinds.map(([input, { name }]) => [name, { facts: given[input]?.facts, path: given[input]?.path }]),
  );
}

/** Worker threads load the fleet from a module, by its name. */
async function writeFleetModule(
  dir: string,
  what: { module: URL; name: string; recipes: Recipes; how: Delivering },
): Promise<string> {
  const { module, name, recipes, how } = what;
  const fleet = new URL("./delivery-fleet.ts", import.meta.url).href;
  const path = join(dir, "delivery-fleet.mjs");
  await writeFile(
    path,
    [
      `import * as steps from ${JSON.stringify(module.href)};`,
      `import { deliveryFleet, exportedStep } from ${JSON.stringify(fleet)};`,
      `const step = exportedStep(steps, ${JSON.stringify(name)}, ${JSON.stringify(module.href)});`,
      `export default deliveryFleet(step, ${JSON.stringify(recipes)}, ${JSON.stringify(how)});`,
      "",
    ].join("\n"),
  );
  return pathToFileURL(path).href;
}

/** Record, payload and checkpoints: names of all of them begin with the address. */
async function forget({ store, names }: Harness, address: string): Promise<void> {
  for (const role of ["records", "scratch", "assets"] as const) {
    const bucket = names.bucket(role);
    for await (const { name } of store.walkObjects({ bucket, prefix: address }))
      await store.deleteObject({ bucket, name });
  }
}

/** What the worker said last of something that went wrong. */
function lastWords({ logged, deadLetters }: Harness): string {
  const letter = deadLetters.at(-1);
  if (letter) return `${letter.error.code}: ${letter.error.message}`;
  const said = logged.findLast(({ fields }) => "error" in fields);
  if (!said) return "the worker said nothing of it";
  const { error } = said.fields as { error: unknown };
  return `${said.message}: ${error instanceof Error ? error.message : String(error)}`;
}
