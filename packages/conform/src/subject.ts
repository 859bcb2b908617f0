import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addressOf } from "@segue/chain";
import type { Kind, Produces } from "@segue/contracts";
import type { AnyStep, StepDefinition } from "@segue/step";
import type { AttemptEvent } from "@segue/step/attempt";
import { type Came, describeError } from "./compare.ts";
import { type Deliveries, startDeliveries } from "./delivery/deliveries.ts";
import { digestsOf } from "./digests.ts";
import { Nonconformance } from "./nonconformance.ts";
import { watchGrowth } from "./resident-memory.ts";
import { type Ended, type RunOptions, runToEnd, type Succeeded } from "./run-to-end.ts";
import { runTogether } from "./run-together.ts";
import type { AnyGiven, Conformance, Refusal, Sample } from "./sample.ts";

/** A step that is looked at: set up once, its samples written, what it makes of them remembered. */
export interface Subject extends AsyncDisposable {
  readonly step: AnyStep;
  /** Where worker threads find the step. */
  readonly module: URL;
  readonly samples: readonly [Sample, ...Sample[]];
  /** Each of them, read in ranges as larger inputs are; none where no input ever is, or all are, or the step falls into pieces instead. */
  readonly ranged: readonly Sample[];
  /** The first one in each form in which the step meets long input. */
  readonly long: readonly Sample[];
  readonly refusals: readonly Refusal[];
  /** Its address before it had ever run. */
  readonly address: string;
  /** A temporary directory of its own, which `TMPDIR` names too. */
  readonly dir: string;
  /** Where the samples are. */
  readonly inputsDir: string;
  /** What lay there before it had ever run: path to SHA-256. */
  readonly inputs: ReadonlyMap<string, string>;
  /** How long what is on its way to its end is waited for, before it counts as left behind. */
  readonly patienceMs: number;
  /** The step behind the real handler of deliveries, started once. */
  deliveries(): Promise<Deliveries>;
  /** Runs the step with what its one `setup` gave. */
  run(sample: Sample, options?: SubjectRun): Promise<Ended>;
  /** The work of several in one go, for a step that does so. */
  runTogether(samples: readonly Sample[]): Promise<Came[]>;
  /** What it makes of a sample, run once, and what the outside saw of that. @throws {Nonconformance} where it makes nothing. */
  reference(sample: Sample): Promise<Reference>;
}

export type SubjectRun = Partial<Omit<RunOptions, "step" | "work" | "dir">>;

export interface Reference {
  readonly made: Succeeded;
  readonly events: readonly AttemptEvent[];
  /** How far resident memory grew, of a worker to which this was new; null where the system does not tell. */
  readonly grownMiB: number | null;
}

export async function createSubject<C extends Readonly<Record<string, Kind>>, P extends Produces, Work>(
  step: StepDefinition<C, P, Work>,
  conformance: Conformance<C, P, Work>,
  patienceMs = 30_000,
): Promise<Subject> {
  const before = process.env.TMPDIR;
  const dir = await mkdtemp(join(tmpdir(), "segue-conform-"));
  const inputsDir = await mkdtemp(join(tmpdir(), "segue-samples-"));
  process.env.TMPDIR = dir;
  const [first, ...rest] = asSamples(step, await conformance.samples(inputsDir));
  if (!first) throw new TypeError(`${step.name}: expected a sample at least`);
  const ranged = isReadInRanges(step) ? [first, ...rest].map(inRanges) : [];
  const refusals = Object.entries((await conformance.refuses?.(inputsDir)) ?? {}).map(
    ([name, { inputs: given, code }]): Refusal => ({ name, given: given as AnyGiven, step, code }),
  );
  const references = new Map<Sample, Promise<Reference>>();
  let delivering: Promise<Deliveries> | undefined;
  let setUp: Promise<unknown> | undefined;
  const prepare = () => {
    setUp ??= step.setup();
    return setUp;
  };
  const subject: Subject = {
    step,
    module: conformance.module,
    samples: [first, ...rest],
    ranged,
    long: [...ranged.slice(0, 1), ...inSmallPieces(first, conformance.inSmallPieces)],
    refusals,
    address: addressIn(step),
    dir,
    inputsDir,
    inputs: await digestsOf(inputsDir, [first, ...rest, ...refusals]),
    patienceMs,
    async run(sample, options = {}) {
      return runToEnd({ step: sample.step, given: sample.given, ...options, work: await prepare(), dir });
    },
    async runTogether(together) {
      return runTogether(together, await prepare(), dir);
    },
    reference(sample) {
      const known = references.get(sample) ?? makeReference(subject, sample, prepare);
      references.set(sample, known);
      return known;
    },
    deliveries() {
      delivering ??= startDeliveries(subject);
      return delivering;
    },
    async [Symbol.asyncDispose]() {
      await (await delivering)?.[Symbol.asyncDispose]();
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
      for (const folder of [dir, inputsDir]) await rm(folder, { recursive: true, force: true });
    },
  };
  return subject;
}

/** For inputs that are always the same. */
export function addressIn(step: AnyStep): string {
  const inputs = Object.keys(step.consumes).map((input) => [input, "0".repeat(64)]);
  return addressOf(step, Object.fromEntries(inputs));
}

function asSamples(step: AnyStep, samples: Readonly<Record<string, unknown>>): Sample[] {
  return Object.entries(samples).map(([name, given]) => ({ name, given: given as AnyGiven, step }));
}

function isReadInRanges({ fetchWholeUpToBytes, scatter }: AnyStep): boolean {
  return scatter === null && Number.isFinite(fetchWholeUpToBytes) && fetchWholeUpToBytes > 0;
}

function inRanges({ name, given, step }: Sample): Sample {
  return { name: `${name}, read in ranges`, given, step: { ...step, fetchWholeUpToBytes: 0 } };
}

function inSmallPieces({ name, given }: Sample, step: AnyStep | undefined): Sample[] {
  return step ? [{ name: `${name}, in small pieces`, given, step }] : [];
}

async function makeReference(
  subject: Subject,
  sample: Sample,
  prepare: () => Promise<unknown>,
): Promise<Reference> {
  const events: AttemptEvent[] = [];
  // No part of an attempt, and of its budget.
  await prepare();
  const grownMiB = watchGrowth();
  const made = await subject.run(sample, { observe: (event) => void events.push(event) });
  if (made.status === "succeeded") return { made, events, grownMiB: grownMiB() };
  const text = `sample "${sample.name}": expected a result, got ${describeError(made.error)}`;
  throw new Nonconformance(text, { cause: made.error });
}
