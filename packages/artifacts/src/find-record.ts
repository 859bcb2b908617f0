import type { Names } from "@segue/chain";
import type { ArtifactRecord, StoredKind } from "@segue/contracts";
import type { ObjectStore } from "@segue/store";
import { type FoundRecord, findOwnRecord } from "./outputs.ts";
import { findWithPayload } from "./record-with-payload.ts";

/** Of what is at an address, but for what is in a ledger. Undefined: nothing has been made there, and nothing has failed. */
export async function findRecord(
  store: ObjectStore,
  names: Names,
  kind: StoredKind,
  address: string,
): Promise<FoundRecord | undefined> {
  const own = await findOwnRecord(store, names, address);
  if (own && !mayBeOvertaken(own.record)) return own;
  const record = await findWithPayload(store, names, kind, address);
  return record ? { record, output: null } : own;
}

/** Which of two records holds: of an object of its own, and with the payload. */
export function holdingOf(
  own: ArtifactRecord | undefined,
  withPayload: ArtifactRecord | undefined,
): ArtifactRecord | undefined {
  return withPayload && (!own || mayBeOvertaken(own)) ? withPayload : own;
}

/** A failure that was written over a success tells of that: one that does not was written beside it, at the same moment, and takes nothing away. */
function mayBeOvertaken({ outcome }: ArtifactRecord): boolean {
  return outcome.status === "failed";
}
