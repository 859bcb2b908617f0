// All that the laws know of the product's messages and objects. Whoever changes their form changes this file.
import {
  type ArtifactReady,
  ArtifactRecord,
  type Fetch,
  fetchStep,
  Ledger,
  type Request,
  readAskedName,
  readLedgerName,
  type StepOutcome,
  type StepOutcomes,
  type Task,
  Task as TaskSchema,
  type TrackAccepted,
} from "@segue/contracts";
import { names } from "../cast/context.ts";
import type { BucketObjects, StoredObject } from "../world/bucket-objects.ts";
import type { Entry, QueuedMessage } from "../world/lease.ts";

type Said = ArtifactReady | Task | StepOutcome | StepOutcomes | TrackAccepted | Fetch;

/** What a step is asked for by a message. */
export interface Demand {
  readonly requestId: string;
  readonly trackId: string;
  readonly wants: readonly string[];
  /** Steps that this request has computed although their results are there. */
  readonly force: readonly string[];
  /** Step to the least version that will do. */
  readonly versions: Readonly<Record<string, number>>;
  /** The step that it is for. */
  readonly step: string;
  /** The step whose result it comes to in the end: another one where that waits for the first. */
  readonly goal: string;
}

/** An intermediate's payload, and nothing that attempts leave for each other. */
export const intermediateName = /^[0-9a-f]{64}(\.[0-9a-f]{8}-\d+)?\.txt$/;

/** Whether an object is one. */
export function isIntermediate({
  bucket,
  name,
}: {
  readonly bucket: string;
  readonly name: string;
}): boolean {
  return bucket === names.bucket("scratch") && intermediateName.test(name);
}

const taskTypes = new Set(TaskSchema.options.map(({ shape }) => shape.type.value));

function isTask(said: Said): said is Task {
  return taskTypes.has((said as Task).type);
}

/** Undefined for what asks no step for anything. */
export function readDemand({ message, subscription }: Entry): Demand | undefined {
  const said = parse(message.data);
  if (!said || said.type === "Ping") return undefined;
  if (isTask(said)) return demandOf(said, said.step, waitingFor(said).at(-1) ?? said.step);
  const step = said.type === "ArtifactReady" ? listenerOf(message, subscription.name) : undefined;
  return said.type === "ArtifactReady" && step !== undefined ? demandOf(said, step, step) : undefined;
}

/** Left out where nobody waits. */
function waitingFor({ waiting }: { readonly waiting?: readonly string[] }): readonly string[] {
  return waiting ?? [];
}

function demandOf({ request }: ArtifactReady | Task, step: string, goal: string): Demand {
  const { requestId, trackId, wants, force, versions } = request;
  return { requestId, trackId, wants, force, versions, step, goal };
}

/** The step that a fact came to, or came to before the queue gave up on it; undefined for the catalog's own. */
function listenerOf({ attributes }: QueuedMessage, subscription: string): string | undefined {
  const [, , consumer] = (attributes.CloudPubSubDeadLetterSourceSubscription ?? subscription).split(".");
  return consumer === "catalog" ? undefined : consumer;
}

/** The request that a message belongs to, and what it forces. */
export function readForce(message: QueuedMessage): Pick<Demand, "requestId" | "force"> | undefined {
  const said = parse(message.data);
  return said && (said.type === "ArtifactReady" || isTask(said)) ? said.request : undefined;
}

/** The request that a message asks somebody to work for. */
export function readRequested(message: QueuedMessage): string | undefined {
  const said = parse(message.data);
  const asks = said && (said.type === "ArtifactReady" || said.type === "Fetch" || isTask(said));
  return asks ? said.request.requestId : undefined;
}

/** What steps have come to, as a message tells it: one, or several at once. */
export function readOutcomes(message: QueuedMessage): readonly StepOutcome[] {
  return message.topic === names.topic("outcomes") ? outcomesIn(parse(message.data)) : [];
}

function outcomesIn(said: Said | undefined): readonly StepOutcome[] {
  // The fleet's own: what it says is looked at by the laws, not its form.
  if (said?.type === "StepOutcomes") return said.outcomes as readonly StepOutcome[];
  return said?.type === "StepOutcome" ? [said] : [];
}

/** The track whose acceptance a message tells. */
export function readAccepted(message: QueuedMessage): string | undefined {
  const said = parse(message.data);
  return said?.type === "TrackAccepted" ? said.trackId : undefined;
}

/** What a message says that exists; none for what says nothing of the kind, and for a failure that has no record. */
export function readAnnounced(
  message: QueuedMessage,
): readonly { readonly address: string; readonly kind: string }[] {
  const said = parse(message.data);
  if (said?.type === "ArtifactReady") return said.record.step === null ? [] : [said.record];
  return outcomesIn(said).filter(
    ({ step, outcome }) =>
      // What a fetch has brought has no record: its end is kept elsewhere. What was given up after many attempts is told in a dead letter.
      step !== fetchStep && (outcome.status === "succeeded" || outcome.error.code !== "retries-exhausted"),
  );
}

/** The request whose track a message has fetched; undefined for what has nothing fetched. */
export function readFetch(message: QueuedMessage): Request | undefined {
  const said = parse(message.data);
  return said?.type === "Fetch" ? said.request : undefined;
}

/** The request that a master's announcement begins the chain for. */
export function readBeginning(message: QueuedMessage): ArtifactReady | undefined {
  const said = parse(message.data);
  return said?.type === "ArtifactReady" && said.record.step === null ? said : undefined;
}

/** The object that says how a track's fetch has ended. */
export function isFetchEnd(name: string, trackId: string): boolean {
  return name.includes(trackId) && name.endsWith("fetched.json");
}

/** The object that keeps an accepted track. */
export function isTrackObject(name: string, trackId: string): boolean {
  return name.endsWith(`${trackId}.track.json`);
}

/** What a client has asked for, as storage keeps it: the id that it was given, and what it is, as the clients themselves call it. */
export function readAsked(
  name: string,
  bytes: Buffer,
): { readonly what: string; readonly id: string } | undefined {
  const what = readAskedName(name);
  if (what === undefined) return undefined;
  const said = JSON.parse(bytes.toString("utf8"));
  if (what === "track") return { what: `track ${said.title}`, id: said.trackId };
  if (what === "request")
    // Clients give a key with all that they ask; without one it is the catalog's own: a track made anew that came while its master was removed.
    return said.cause === "replay" && said.keyedAs !== undefined
      ? { what: `replay of ${said.trackId}`, id: said.requestId }
      : undefined;
  if (!name.includes(".requested.")) return undefined;
  if (what === "backfill") return { what: "backfills", id: name };
  const [track] = said.tracks;
  return { what: track === undefined ? "takedowns" : `deletion of ${track}`, id: said.takedownId };
}

/** Requests that did not come with their track, as storage keeps them. */
export function listRequests(objects: BucketObjects, cause: "replay" | "backfill"): Request[] {
  return objects.list(names.bucket("records")).flatMap(([name, { bytes }]): Request[] => {
    if (readAskedName(name) !== "request") return [];
    const said = JSON.parse(bytes.toString("utf8")) as Request;
    return said.cause === cause ? [said] : [];
  });
}

const recordName = /^([0-9a-f]{64})\.json$/;

/** The address that an object of the records bucket is the record of. */
export function addressOfRecord(name: string): string | undefined {
  return recordName.exec(name)?.[1];
}

/** The records of a ledger, by address; none for what is no ledger. */
export function recordsInLedger(name: string, bytes: Buffer | undefined): Readonly<Record<string, unknown>> {
  return bytes && readLedgerName(name) !== undefined
    ? Ledger.parse(JSON.parse(bytes.toString("utf8"))).records
    : {};
}

/** The record that is with a file. */
export function recordWithPayload({ stat }: Pick<StoredObject, "stat">): ArtifactRecord | undefined {
  const json = stat.metadata["segue-record"];
  return json === undefined ? undefined : ArtifactRecord.parse(JSON.parse(json));
}

const parsed = new WeakMap<Buffer, Said>();

/** What the fleet itself has written: it is believed, since whatever is wrong with it is told by a law. */
function parse(data: Buffer): Said | undefined {
  const known = parsed.get(data);
  if (known) return known;
  try {
    const said = JSON.parse(data.toString("utf8")) as Said;
    parsed.set(data, said);
    return said;
  } catch {
    return undefined;
  }
}
