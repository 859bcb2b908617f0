import { isDeepStrictEqual } from "node:util";
import { ArtifactRecord, readKnown } from "@segue/contracts";
import { ObjectNotFoundError, type ObjectRef, type ObjectStore, PreconditionFailedError } from "@segue/store";
import { followRecord } from "./follow-record.ts";

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
    const body = Buffer.from(JSON.stringify(tried));
    const condition =
      generation === undefined ? { createOnly: true } : { createOnly: false, ifGeneration: generation };
    try {
      const { created } = await store.writeObject({
        ...ref,
        body,
        contentType: "application/json",
        ...condition,
      });
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
  if (!stat) return { existing: undefined, generation: undefined };
  try {
    const existing = readKnown(ArtifactRecord, await store.readJson(ref));
    return { existing, generation: stat.generation };
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return { existing: undefined, generation: undefined };
    throw error;
  }
}

function throughJson(record: ArtifactRecord): unknown {
  return JSON.parse(JSON.stringify(record));
}
