import { isDeepStrictEqual } from "node:util";
import { ArtifactRecord, isMadeFor, type PayloadRef } from "@segue/contracts";
import { names } from "../cast/context.ts";
import type { StoredObject } from "../world/bucket-objects.ts";
import type { Cloud } from "../world/cloud.ts";
import type { Report } from "./breach.ts";
import type { Expectations } from "./expectations.ts";
import { addressOfRecord, readForce } from "./read-message.ts";

/** No worker's clock is further off than that, most of the time. */
const clockSlackMs = 8_000;

/**
 * One result per address, and the right one: looked at whenever an object changes.
 *
 * - A record is what the toy model says, payload included, which is there before the record speaks of it.
 * - A success never becomes a failure, no record goes, and none is written again that nobody forces.
 * - What is in the assets bucket is never changed or removed.
 */
export function watchResults({ objects, queue }: Cloud, expectations: Expectations, report: Report): void {
  const records = names.bucket("records");
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
    const address = ref.bucket === records ? addressOfRecord(ref.name) : undefined;
    if (address === undefined || !isArtifact(after?.bytes ?? before?.bytes)) return;
    if (!after) return report("records stay", `the record of ${address} was removed`);
    const record = ArtifactRecord.parse(JSON.parse(after.bytes.toString("utf8")));
    const wrong = findFault(record, expectations);
    if (wrong) report("one result per address", `${address}: ${wrong}`);
    const { outcome } = record;
    if (outcome.status === "succeeded" && outcome.payload) lookAtPayload(outcome.payload, record);
    if (before) compare(before, record);
  };

  const compare = (stored: StoredObject, after: ArtifactRecord) => {
    const before = ArtifactRecord.parse(JSON.parse(stored.bytes.toString("utf8")));
    if (before.outcome.status === "failed") return;
    const what = `the record of ${after.kind} ${after.address}`;
    if (after.outcome.status === "failed") report("a success stays", `${what} became a failure`);
    const isRebuilt = after.outcome.status === "succeeded" && after.outcome.payload?.bucket === scratch;
    // Of two attempts at the same moment neither can know of the other.
    const startedMs = Date.parse(after.attempt?.startedAt ?? "");
    const isLater = startedMs > stored.stat.updatedAt.getTime() + clockSlackMs;
    if (!isRebuilt && isLater && isUnasked(before, after))
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
    const expected = expectations.at(record.address)?.payload;
    // An intermediate may expire between the two writes.
    if (!there && payload.bucket === assets)
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

function isArtifact(bytes: Buffer | undefined): boolean {
  return bytes?.includes('"outcome"') ?? false;
}

function findFault({ address, outcome }: ArtifactRecord, expectations: Expectations): string | undefined {
  const expected = expectations.at(address);
  if (!expected) return "no release computes this address";
  if (outcome.status === "failed") {
    if (expected.errorCode === outcome.error.code) return undefined;
    return `${expected.step} failed with ${outcome.error.code}`;
  }
  if (expected.errorCode) return `${expected.step} succeeded, and was to fail with ${expected.errorCode}`;
  return isDeepStrictEqual(outcome.facts, expected.facts)
    ? undefined
    : `${expected.step} made ${JSON.stringify(outcome.facts)}, expected ${JSON.stringify(expected.facts)}`;
}
