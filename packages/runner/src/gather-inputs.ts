import { join } from "node:path";
import { type ArtifactRecord, forcesAnew, type Kind, type PayloadRef, StepError } from "@segue/contracts";
import { comesAgain } from "@segue/queue";
import type { AnyStep } from "@segue/step";
import type { InputData } from "@segue/step/attempt";
import type { Errand } from "./errand.ts";
import type { HandlerParts } from "./handler-parts.ts";

export interface GatheredInputs {
  readonly status: "ready";
  readonly inputs: Readonly<Record<string, InputData>>;
  /** Where the payloads are, by input. */
  readonly payloads: ReadonlyMap<string, PayloadRef>;
}

/** Kinds of inputs that are not there. */
export interface Lack {
  readonly status: "lacking";
  /** Never made, as far as this worker can see. */
  readonly missing: readonly string[];
  /** Made once, and the payload is gone. */
  readonly expired: readonly string[];
  /** Its producer has failed for good: this step is blocked. */
  readonly failed: readonly string[];
  /** It went while the step was at work on it, and some of that is done and stored. */
  readonly comesFurther?: boolean;
}

type Absence = Exclude<keyof Lack, "status" | "comesFurther">;

/**
 * Fetches a step's inputs into a directory, side by side; those that it reads in ranges are left where they are.
 *
 * @param dir an attempt's own.
 * @throws {StepError} `aborted` where the fact of another input is at this moment about to bring the same.
 */
export async function gatherInputs(
  { artifacts, step, chain }: Pick<HandlerParts, "artifacts" | "step" | "chain">,
  errand: Errand,
  addresses: Readonly<Record<string, string>>,
  dir: string,
): Promise<GatheredInputs | Lack> {
  const { announced } = errand;
  const consumes: Readonly<Record<string, Kind>> = step.consumes;
  const payloads = new Map<string, PayloadRef>();
  const records: ArtifactRecord[] = [];
  const gather = async (name: string, kind: Kind): Promise<InputData | Absence> => {
    const address = addresses[name] ?? "";
    const isAnnounced = address === announced?.address && !isOneOfSeveral(chain, consumes, kind);
    // Where it is kept its producer says, whatever this step's own idea of the kind.
    const stored = chain.producerOf(kind.name) ? chain.storedKind(kind.name) : kind;
    const record = isAnnounced ? announced : await artifacts.readRecord(stored, address);
    if (!record || (!isAnnounced && isMadeAnew(errand, record))) return "missing";
    if (record.outcome.status !== "succeeded") return "failed";
    records.push(record);
    const { payload } = record.outcome;
    if (payload) payloads.set(name, payload);
    const prefetched = payload !== null && isPrefetched(step, name, payload);
    const path = prefetched ? join(dir, `${name}.${kind.payload?.extension ?? "bin"}`) : "";
    if (prefetched && !(await artifacts.fetchPayload(payload, path))) return "expired";
    // No checksum is of a range. Where a payload is not stored at once, another run's bytes may lie at its name.
    const isRanged = payload !== null && !prefetched && !step.onDemand.includes(name);
    const mayDiffer = isRanged && kind.retention === "intermediate";
    if (mayDiffer && !(await artifacts.isIntact(payload))) return "expired";
    const sizeBytes = payload?.sizeBytes ?? 0;
    return { kind: kind.name, address, facts: readFacts(chain, kind, record), path, sizeBytes };
  };
  const found = await Promise.all(
    Object.entries(consumes).map(async ([name, kind]) => ({ name, kind, input: await gather(name, kind) })),
  );
  const absent = (absence: Absence) =>
    found.flatMap(({ kind, input }) => (input === absence ? [kind.name] : []));
  if (found.some(({ input }) => typeof input === "string")) {
    const [missing, expired, failed] = [absent("missing"), absent("expired"), absent("failed")];
    return { status: "lacking", missing, expired, failed };
  }
  const torn = findTorn(records);
  if (torn) throw new StepError("aborted", `${torn} was run anew while its outputs were read`);
  const triggers = new Set(chain.triggersOf(step).map(({ name }) => name));
  const brought = records.filter((record) => triggers.has(record.kind));
  if (isBroughtByAnother(errand, brought))
    throw new StepError("aborted", "the fact of an input that came after this one brings the same");
  const inputs = found.flatMap(({ name, input }) =>
    typeof input === "string" ? [] : [[name, input] as const],
  );
  return { status: "ready", inputs: Object.fromEntries(inputs), payloads };
}

/** Whether another input is made by the same step. What a fact tells of one may be of an earlier run than what is read of the other. */
function isOneOfSeveral(
  chain: HandlerParts["chain"],
  consumes: Readonly<Record<string, Kind>>,
  kind: Kind,
): boolean {
  const producer = chain.producerOf(kind.name);
  const others = Object.values(consumes).filter(({ name }) => name !== kind.name);
  return producer !== undefined && others.some(({ name }) => chain.producerOf(name) === producer);
}

/** A step of which two outputs are of two runs: they go together, and two runs may differ. */
function findTorn(records: readonly ArtifactRecord[]): string | undefined {
  const runs = new Map<string, string | undefined>();
  for (const { step, attempt, requestId } of records) {
    if (!step) continue;
    // A worker may begin two in one millisecond, for two requests.
    const run = attempt ? `${attempt.worker} ${attempt.startedAt} ${requestId}` : undefined;
    if (runs.has(step.name) && runs.get(step.name) !== run) return step.name;
    runs.set(step.name, run);
  }
  return undefined;
}

/**
 * Whether the request forces an input that is there from before: as after a fact that misses one, its own fact will come. A task takes
 * what it finds, so that nothing waits for ever for what another request has forced since.
 */
function isMadeAnew({ request, demands }: Errand, record: ArtifactRecord): boolean {
  return !demands && record.step !== null && forcesAnew(record.step, request, record);
}

/**
 * Of inputs that come at the same moment each one's fact finds all of them there, and the work would be done as many times: where they
 * are made at once, and where they are found, as all of a backfill's are. The fact of the one that was made last does it at once; the
 * others are handed back, once, and find it done when they come again. Nothing hangs on whose clock is right: at worst two do the work,
 * or one does it a little later.
 *
 * @param records of the inputs that the step hears of.
 */
function isBroughtByAnother({ announced, delivery }: Errand, records: readonly ArtifactRecord[]): boolean {
  if (!announced || records.length < 2 || comesAgain(delivery)) return false;
  // What the fact tells of may have been made anew since.
  const own = madeAtMs(records.find(({ address }) => address === announced.address) ?? announced);
  return records.some((record) => {
    const other = madeAtMs(record);
    // Of two that were made in the same millisecond one has to be the latest all the same.
    return other > own || (other === own && record.address > announced.address);
  });
}

function madeAtMs({ attempt }: ArtifactRecord): number {
  return attempt ? Date.parse(attempt.startedAt) + attempt.durationMs : 0;
}

function isPrefetched(step: AnyStep, input: string, payload: PayloadRef): boolean {
  return payload.sizeBytes <= step.fetchWholeUpToBytes && !step.onDemand.includes(input);
}

/** @throws {StepError} `worker-outdated` where a later version of the producer than this worker knows made facts of another form. */
function readFacts(chain: HandlerParts["chain"], kind: Kind, { step, outcome }: ArtifactRecord): unknown {
  const facts = outcome.status === "succeeded" ? outcome.facts : null;
  const parsed = kind.facts.safeParse(facts);
  if (parsed.success) return parsed.data;
  const known = chain.producerOf(kind.name)?.version;
  if (step === null || known === undefined || step.version <= known) throw parsed.error;
  const text = `${kind.name} of ${step.name} ${step.version} has another form than that of version ${known}`;
  throw new StepError("worker-outdated", text, { cause: parsed.error });
}
