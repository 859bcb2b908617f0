import { isDeepStrictEqual } from "node:util";
import { ArtifactRecord } from "@segue/contracts";
import { type ObjectRef, type ObjectStore, PreconditionFailedError } from "@segue/store";
import { followRecord } from "./follow-record.ts";
import { asBody, readObjectAs } from "./json-object.ts";

/**
 * Stores a record where one was found before the work that it is of. Somebody else may have replaced that since: what is written
 * follows from what is there, and only if it is still there.
 *
 * @returns the record that holds.
 */
export async function replaceRecord(
  store: ObjectStore,
  ref: ObjectRef,
  record: ArtifactRecord,
): Promise<ArtifactRecord> {
  let tried: ArtifactRecord | undefined;
  for (;;) {
    const { existing, generation } = await find(store, ref);
    // The answer to the write before was lost.
    if (tried && isDeepStrictEqual(existing, throughJson(tried))) return tried;
    tried = followRecord(existing, record);
    const condition =
      generation === undefined ? { createOnly: true } : { createOnly: false, ifGeneration: generation };
    try {
      const { created } = await store.writeObject({ ...ref, ...asBody(tried), ...condition });
      if (created) return tried;
    } catch (error) {
      if (!(error instanceof PreconditionFailedError)) throw error;
    }
  }
}

interface Found {
  readonly existing: ArtifactRecord | undefined;
  /** What is read is of this generation or a later one, and over a later one the write does not go ahead. */
  readonly generation: string | undefined;
}

async function find(store: ObjectStore, ref: ObjectRef): Promise<Found> {
  const stat = await store.statObject(ref);
  const existing = stat && (await readObjectAs(store, ref, ArtifactRecord));
  return { existing, generation: existing && stat?.generation };
}

function throughJson(record: ArtifactRecord): unknown {
  return JSON.parse(JSON.stringify(record));
}
