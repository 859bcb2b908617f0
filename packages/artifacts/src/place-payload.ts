/**
 * Under which name a payload is stored, so that a record and the payload beside it are always of one run.
 *
 * Workers that make the same result at the same time need not make the same bytes: they may have other builds of a decoder
 * or an encoder. Nothing that a record may speak of is ever overwritten with other bytes; the record alone decides.
 *
 *   no record has been found, or one of a failure
 *     | the address's own name is free, or holds these bytes --> there
 *     | it holds others: somebody died between payload and
 *       record, or is about to write the record -------------> at a name that tells these bytes, beside it
 *   a record of a success, whose payload is gone or damaged, or whose step is forced
 *     | it speaks of these bytes ----------------------------> where it says; what is there and damaged is replaced
 *     | it speaks of others ---------------------------------> at a name that tells these bytes
 *   then the record, with facts and payload of this run
 *     | the first at this address: create-only
 *       | somebody else's is there by now -------------------> that one holds, with its own payload; it is announced
 *     | after one that was there: the last writer's holds, with its own payload
 *
 * Whoever dies in between leaves a payload that no record speaks of. It is taken up by the next run that makes the same
 * bytes, expires with the scratch bucket, or stays: one at most for each result that differs.
 */
import type { ArtifactRecord, PayloadRef } from "@segue/contracts";
import type { ObjectRef, WrittenObject } from "@segue/store";

/** What tells payloads of one address apart. */
export type PayloadBytes = Pick<PayloadRef, "sizeBytes" | "crc32c">;

export interface Placing {
  readonly bucket: string;
  readonly address: string;
  readonly extension: string;
  readonly bytes: PayloadBytes;
  /** The record that was found before the run. */
  readonly existing: ArtifactRecord | undefined;
  write(ref: ObjectRef, options: { readonly createOnly: boolean }): Promise<WrittenObject>;
}

/** Stores a payload, and says where. */
export async function placePayload(placing: Placing): Promise<ObjectRef> {
  const { bucket, address, extension, bytes, existing, write } = placing;
  /** Whether the place holds these bytes now: it was free, or held them. */
  const takes = async (ref: ObjectRef) => {
    const there = await write(ref, { createOnly: true });
    return there.created || isSame(there, bytes);
  };
  const spokenOf = existing?.outcome.status === "succeeded" ? existing.outcome.payload : null;
  if (!spokenOf) {
    const own = { bucket, name: `${address}.${extension}` };
    if (await takes(own)) return own;
  }
  const isOurs = spokenOf && spokenOf.bucket === bucket && isSame(spokenOf, bytes);
  const name = isOurs ? spokenOf.name : `${address}.${tellBytes(bytes)}.${extension}`;
  const ref = { bucket, name };
  // Other bytes than those that the name is for are damage.
  if (!(await takes(ref))) await write(ref, { createOnly: false });
  return ref;
}

function isSame(a: PayloadBytes, b: PayloadBytes): boolean {
  return a.sizeBytes === b.sizeBytes && a.crc32c === b.crc32c;
}

function tellBytes({ sizeBytes, crc32c }: PayloadBytes): string {
  return `${Buffer.from(crc32c, "base64").toString("hex")}-${sizeBytes}`;
}
