import { isDeepStrictEqual } from "node:util";
import { type ArtifactRecord, isMadeFor, type PayloadRef } from "@segue/contracts";
import { names } from "../cast/context.ts";
import { markRun } from "../fleet/results.ts";
import type { Cloud } from "../world/cloud.ts";
import type { Report } from "./breach.ts";
import type { Expectations, Expected } from "./expectations.ts";
import { readForce, recordWithPayload } from "./read-message.ts";
import { createRecordChanges, type KeptRecord, type RecordChange } from "./record-changes.ts";

/**
 * For so long an attempt may be on its way between its look for a result and its beginning: two slow answers of storage, a machine that
 * stands still, and clocks that are off.
 */
const onItsWayMs = 2 * 15_000 + 90_000 + 8_000;

/**
 * One result per address, and the right one: looked at whenever an object changes. A record may be in an object of its own, with the file
 * that it is of, and in a ledger.
 *
 * - A record is what the toy model says, payload included, which is there before the record speaks of it.
 * - Several outputs are there together, and of one run: facts and payloads bear its mark.
 * - A success never becomes a failure, no record goes, and none is written again that nobody forces.
 * - What is in the assets bucket is never changed or removed.
 */
export function watchResults(cloud: Cloud, expectations: Expectations, report: Report): void {
  const { objects, queue } = cloud;
  const assets = names.bucket("assets");
  const scratch = names.bucket("scratch");
  const forces = new Map<string, readonly string[]>();
  queue.onPublished = (message) => {
    const request = readForce(message);
    if (request) forces.set(request.requestId, request.force);
  };
  objects.onChange = (ref, before, after) => {
    if (ref.bucket === assets && before && !after?.bytes.equals(before.bytes))
      report("assets stay", `${ref.name} was ${after ? "overwritten with other bytes" : "removed"}`);
    if (ref.bucket === assets && before && after && recordWithPayload(before) && !recordWithPayload(after))
      report("records stay", `the record with ${ref.name} was removed`);
    changesOf(ref, before, after).forEach(lookAtChange);
  };
  const changesOf = createRecordChanges(cloud);
  const lookAtChange = ({ address, record, storedAt, before, elsewhere }: RecordChange) => {
    if (!record || !storedAt) return report("records stay", `the record of ${address} was removed`);
    look(record);
    // Whoever finds it may write it once more, to keep out what is on its way.
    const over = before ? [before] : elsewhere;
    if (over.some((kept) => isDeepStrictEqual(kept.record, record))) return;
    // Two attempts at the same moment may each write where the other has not looked.
    const after = { record, storedAt };
    for (const kept of over) if (before || isLaterThan(kept, after)) compare(kept, after);
  };

  const look = (record: ArtifactRecord) => {
    const wrong = findFault(record, expectations);
    if (wrong) report("one result per address", `${record.address}: ${wrong}`);
    for (const payload of payloadsOf(record)) lookAtPayload(payload, record);
  };

  const compare = (kept: KeptRecord, written: Written) => {
    const before = kept.record;
    const after = written.record;
    const what = `the record of ${after.kind} ${after.address}`;
    if (!follows(before, after))
      report("records follow each other", `${what} was written over one that it knew nothing of`);
    if (before.outcome.status === "failed") return;
    if (after.outcome.status === "failed") report("a success stays", `${what} became a failure`);
    const isRebuilt = payloadsOf(after).some(({ bucket }) => bucket === scratch);
    if (!isRebuilt && isLaterThan(kept, written) && isUnasked(before, after))
      report(
        "made once",
        `${what} was written again for request ${after.requestId}, and nothing had asked for it`,
      );
  };

  /** Only a request that forces the step has it made again, and once. */
  const isUnasked = (before: ArtifactRecord, { requestId, step, laterFailure }: ArtifactRecord) => {
    if (laterFailure !== undefined) return false;
    if (isMadeFor(before, requestId ?? "")) return true;
    return !forces.get(requestId ?? "")?.includes(step?.name ?? "");
  };

  const lookAtPayload = (payload: PayloadRef, record: ArtifactRecord) => {
    const there = objects.get(payload);
    // An intermediate that has expired may have made way for another run's, which its checksum tells: it is gone all the same.
    if (payload.bucket === scratch && there?.stat.crc32c !== payload.crc32c) return;
    const expected = expectedBytes(payload, record, expectations);
    if (!there)
      report(
        "stored before it is told",
        `the record of ${record.kind} ${record.address} speaks of a payload that is not there`,
      );
    if (there && expected && !there.bytes.equals(expected))
      report(
        "one result per address",
        `${record.kind} ${record.address} has other bytes than its inputs make`,
      );
  };
}

interface Written {
  readonly record: ArtifactRecord;
  readonly storedAt: Date;
}

/** Of two attempts at the same moment neither can know of the other. A worker whose clock is ahead says that it began later than it can have. */
function isLaterThan({ stored }: KeptRecord, { record: { attempt }, storedAt }: Written): boolean {
  const latestMs = storedAt.getTime() - (attempt?.durationMs ?? 0);
  const beganMs = Math.min(Date.parse(attempt?.startedAt ?? ""), latestMs);
  return beganMs > stored.stat.updatedAt.getTime() + onItsWayMs;
}

function payloadsOf({ outcome }: ArtifactRecord): PayloadRef[] {
  if (outcome.status === "failed") return [];
  return [outcome, ...Object.values(outcome.outputs ?? {})].flatMap(({ payload }) => payload ?? []);
}

/** Of several outputs each has the mark of the run that its own facts tell. */
function expectedBytes(
  payload: PayloadRef,
  { address, outcome }: ArtifactRecord,
  expectations: Expectations,
): Buffer | null | undefined {
  const expected = expectations.at(address);
  if (!expected?.outputs || outcome.status === "failed") return expected?.payload;
  const output = Object.entries(outcome.outputs ?? {}).find(([, made]) => made.payload === payload);
  if (!output) return undefined;
  const [kind, { facts }] = output;
  return Buffer.from(markRun(expected.outputs[kind] ?? "", String(Object(facts).run)));
}

/** Undefined where all outputs are there, and of one run. */
function findTornRun(
  { outputs }: Expected,
  made: Readonly<Record<string, { readonly facts: unknown }>> = {},
): string | undefined {
  if (!outputs) return undefined;
  const runs = Object.keys(outputs).map((kind) => Object(made[kind]?.facts).run);
  if (runs.every((run) => run !== undefined && run === runs[0])) return undefined;
  return `expected outputs of one run, got ${JSON.stringify(made)}`;
}

/** Whether a record keeps what the one before it says: when the result first came to be, for whom it was made, and all of a success, where it adds a failure. */
function follows(before: ArtifactRecord, after: ArtifactRecord): boolean {
  const { laterFailure, firstAttempt, requestId, earlierRequestIds = [] } = after;
  const isKnown = [requestId, ...earlierRequestIds].includes(before.requestId);
  if (before.requestId !== undefined && !isKnown) return false;
  if (laterFailure) return isDeepStrictEqual(resultOf(before), resultOf(after));
  if (before.outcome.status !== after.outcome.status) return true;
  return isDeepStrictEqual(firstAttempt ?? null, before.firstAttempt ?? before.attempt ?? null);
}

function resultOf({
  laterFailure: _,
  requestId: __,
  earlierRequestIds: ___,
  answersAllUntil: ____,
  ...result
}: ArtifactRecord): Partial<ArtifactRecord> {
  return result;
}

function findFault({ address, outcome }: ArtifactRecord, expectations: Expectations): string | undefined {
  const expected = expectations.at(address);
  if (!expected) return "no release computes this address";
  if (outcome.status === "failed") {
    if (expected.failsWith === outcome.error.code) return undefined;
    return `${expected.step} failed with ${outcome.error.code}`;
  }
  if (!expected.maySucceed) return `${expected.step} succeeded, and was to fail with ${expected.failsWith}`;
  const torn = findTornRun(expected, outcome.outputs);
  if (torn) return torn;
  return isDeepStrictEqual(outcome.facts, expected.facts)
    ? undefined
    : `${expected.step} made ${JSON.stringify(outcome.facts)}, expected ${JSON.stringify(expected.facts)}`;
}
