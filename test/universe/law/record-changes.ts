import { isDeepStrictEqual } from "node:util";
import { ArtifactRecord } from "@segue/contracts";
import type { ObjectRef } from "@segue/store";
import { names } from "../cast/context.ts";
import type { StoredObject } from "../world/bucket-objects.ts";
import type { Cloud } from "../world/cloud.ts";
import { addressOfRecord, recordsInLedger, recordWithPayload } from "./read-message.ts";

/** A record, and the object that it is in. */
export interface KeptRecord {
  readonly record: ArtifactRecord;
  readonly stored: StoredObject;
}

/** A record that was written, or was removed: then it is undefined. */
export interface RecordChange {
  readonly address: string;
  readonly record: ArtifactRecord | undefined;
  /** When, by storage's clock; undefined where it was removed. */
  readonly storedAt: Date | undefined;
  /** What it was written over. */
  readonly before: KeptRecord | undefined;
  /** Those that the other places have: an object of its own, the file that it is of, and a ledger. */
  readonly elsewhere: readonly KeptRecord[];
}

type Stored = StoredObject | undefined;

/** Tells which records a change to an object changes. */
export function createRecordChanges({ objects }: Cloud) {
  const records = names.bucket("records");
  const inLedgers = new Map<string, KeptRecord>();
  const withPayloads = new Map<string, KeptRecord>();
  const inObject = (address: string): KeptRecord | undefined => {
    const own = objects.get({ bucket: records, name: `${address}.json` });
    return isArtifact(own) ? { record: readRecord(own), stored: own } : undefined;
  };
  const presentOf = (...kept: readonly (KeptRecord | undefined)[]) =>
    kept.filter((each) => each !== undefined);

  const ownChange = (address: string, before: Stored, after: Stored): RecordChange => ({
    address,
    record: after && readRecord(after),
    storedAt: after?.stat.updatedAt,
    before: before && { record: readRecord(before), stored: before },
    elsewhere: presentOf(inLedgers.get(address), withPayloads.get(address)),
  });
  const fileChanges = (after: StoredObject): RecordChange[] => {
    const record = recordWithPayload(after);
    if (!record) return [];
    const { address } = record;
    const before = withPayloads.get(address);
    withPayloads.set(address, { record, stored: after });
    const elsewhere = presentOf(inObject(address), inLedgers.get(address));
    return [{ address, record, storedAt: after.stat.updatedAt, before, elsewhere }];
  };
  const ledgerChanges = (name: string, before: Stored, after: Stored): RecordChange[] => {
    const earlier = recordsInLedger(name, before?.bytes);
    const later = recordsInLedger(name, after?.bytes);
    return [...new Set([...Object.keys(earlier), ...Object.keys(later)])].flatMap((address) => {
      const json = later[address];
      if (isDeepStrictEqual(json, earlier[address])) return [];
      const record = json === undefined ? undefined : ArtifactRecord.parse(json);
      const was = before && address in earlier ? ArtifactRecord.parse(earlier[address]) : undefined;
      if (record && after) inLedgers.set(address, { record, stored: after });
      return {
        address,
        record,
        storedAt: after?.stat.updatedAt,
        before: was && before ? { record: was, stored: before } : undefined,
        elsewhere: presentOf(inObject(address), withPayloads.get(address)),
      };
    });
  };
  return ({ bucket, name }: ObjectRef, before: Stored, after: Stored): readonly RecordChange[] => {
    if (bucket === names.bucket("assets") && after) return fileChanges(after);
    if (bucket !== records) return [];
    const address = addressOfRecord(name);
    if (address === undefined) return ledgerChanges(name, before, after);
    return isArtifact(after ?? before) ? [ownChange(address, before, after)] : [];
  };
}

function readRecord({ bytes }: StoredObject): ArtifactRecord {
  return ArtifactRecord.parse(JSON.parse(bytes.toString("utf8")));
}

/** What leads to the record of several outputs is none. */
function isArtifact(stored: Stored): stored is StoredObject {
  return stored?.bytes.includes('"outcome"') ?? false;
}
