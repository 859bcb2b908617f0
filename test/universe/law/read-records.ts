import { ArtifactRecord } from "@segue/contracts";
import { names } from "../cast/context.ts";
import type { Cloud } from "../world/cloud.ts";
import { addressOfRecord, recordsInLedger, recordWithPayload } from "./read-message.ts";

/** All records that storage has, by address: the same one may be in an object of its own, with its file, and in a ledger. */
export function readRecords({ objects }: Pick<Cloud, "objects">): ReadonlyMap<string, ArtifactRecord[]> {
  const found = new Map<string, ArtifactRecord[]>();
  const add = (record: ArtifactRecord) =>
    found.set(record.address, [...(found.get(record.address) ?? []), record]);
  for (const [name, { bytes }] of objects.list(names.bucket("records"))) {
    const isOwn = addressOfRecord(name) !== undefined && bytes.includes('"outcome"');
    if (isOwn) add(ArtifactRecord.parse(JSON.parse(bytes.toString("utf8"))));
    for (const json of Object.values(recordsInLedger(name, bytes))) add(ArtifactRecord.parse(json));
  }
  for (const [, stored] of objects.list(names.bucket("assets"))) {
    const record = recordWithPayload(stored);
    if (record) add(record);
  }
  return found;
}
