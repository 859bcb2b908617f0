/**
 * How several outputs of one run are kept. The record of all of them, at the step's own address, is one object: it is written when all
 * payloads are there, so all outputs count as made or none does, and of two runs one holds as a whole. At each output's address lies a
 * pointer to it, which is written before it and never changes: alone, it says nothing.
 *
 *   payloads  ->  pointers (create-only)  ->  the record of all (create-only, or over the one that it follows)
 *     | whoever dies here has made nothing: pointers are as they would be, payloads as `placePayload` has them
 */
import type { Names } from "@segue/chain";
import { ArtifactRecord, OutputPointer, readKnown } from "@segue/contracts";
import { ObjectNotFoundError, type ObjectStore } from "@segue/store";
import { createObject } from "./json-object.ts";

type Outcome = ArtifactRecord["outcome"];

/** The object name of an address's record, in the records bucket. */
export function recordName(address: string): string {
  return `${address}.json`;
}

/** An artifact's own record, out of that of all outputs; undefined where it is not among them. */
export function recordOfOutput(record: ArtifactRecord, kind: string): ArtifactRecord | undefined {
  const { outputs, outcome, ...rest } = record;
  const address = outputs?.[kind];
  const own = outcomeOf(outcome, kind);
  return address === undefined || own === undefined ? undefined : { ...rest, address, kind, outcome: own };
}

/** A failure is that of all of them. */
function outcomeOf(outcome: Outcome, kind: string): Outcome | undefined {
  if (outcome.status === "failed") return outcome;
  const made = outcome.outputs?.[kind];
  return made && { status: outcome.status, ...made };
}

/** The records of all artifacts that a record is of: itself, unless it is of several outputs. */
export function artifactRecords(record: ArtifactRecord): readonly ArtifactRecord[] {
  if (!record.outputs) return [record];
  return Object.keys(record.outputs).flatMap((kind) => recordOfOutput(record, kind) ?? []);
}

/** What an address leads to: its record, or that of all outputs of which its artifact is one. */
export interface FoundRecord {
  readonly record: ArtifactRecord;
  /** Of the artifact at the address; null: the address is the record's own. */
  readonly output: string | null;
}

/** A record among others, and which of its outputs has an address: the record's own address goes before. */
export function findAmong<R>(
  records: ReadonlyMap<string, R>,
  address: string,
): { readonly record: R; readonly output: string | null } | undefined {
  const own = records.get(address);
  if (own !== undefined) return { record: own, output: null };
  for (const record of records.values()) {
    const output = outputAt(record, address);
    if (output !== undefined) return { record, output };
  }
  return undefined;
}

/** The kind of the output that has an address, where a record is of several. */
function outputAt(record: unknown, address: string): string | undefined {
  const outputs: unknown = Object(record).outputs;
  return Object.entries(Object(outputs)).find(([, at]) => at === address)?.[0];
}

/** The record of the artifact itself. */
export function artifactOf({ record, output }: FoundRecord): ArtifactRecord | undefined {
  return output === null ? record : recordOfOutput(record, output);
}

/** In the objects of single records; undefined where there is none. */
export async function findOwnRecord(
  store: ObjectStore,
  names: Names,
  address: string,
): Promise<FoundRecord | undefined> {
  const read = (at: string) => store.readJson({ bucket: names.bucket("records"), name: recordName(at) });
  try {
    const json = await read(address);
    if (!isPointer(json)) return { record: readKnown(ArtifactRecord, json), output: null };
    const { madeAt, kind } = readKnown(OutputPointer, json);
    return { record: readKnown(ArtifactRecord, await read(madeAt)), output: kind };
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined;
    throw error;
  }
}

/** Before the record of all of them. */
export async function writePointers(store: ObjectStore, names: Names, record: ArtifactRecord): Promise<void> {
  const bucket = names.bucket("records");
  await Promise.all(
    Object.entries(record.outputs ?? {}).map(([kind, address]) => {
      const pointer: OutputPointer = { v: 2, address, kind, madeAt: record.address };
      return createObject(store, { bucket, name: recordName(address) }, pointer);
    }),
  );
}

function isPointer(json: unknown): boolean {
  return typeof json === "object" && json !== null && "madeAt" in json;
}
