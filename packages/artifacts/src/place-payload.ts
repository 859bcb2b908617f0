/**
 * Under which name a payload is stored, so that a record and the payload beside it are always of one run.
 *
 * Workers that make the same result at the same time need not make the same bytes: they may have other builds of a decoder
 * or an encoder. Nothing that a record may speak of is ever overwritten with other bytes; the record alone decides.
 *
 *   no record has been found, or one of a failure
 *     | the address's own name is free, or holds these bytes --> there; the record with it, where the kind is kept
 *     | the record is there with them: somebody was faster ---> that one holds, with its own payload
 *     | it holds others: somebody died between payload and
 *       record, or is about to write the record -------------> at a name that tells these bytes, beside it
 *   a record of a success, whose payload is gone or damaged, or whose step is forced
 *     | it speaks of these bytes ----------------------------> where it says; what is there and damaged is replaced,
 *                                                              unless the record itself is with it
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
import { payloadName, readMetadata } from "./record-with-payload.ts";

/** What tells payloads of one address apart. */
export type PayloadBytes = Pick<PayloadRef, "sizeBytes" | "crc32c">;

/** A payload as storage has it. */
export type PlacedObject = Omit<WrittenObject, "updatedAt">;

export interface Placing {
  readonly bucket: string;
  readonly address: string;
  readonly extension: string;
  readonly bytes: PayloadBytes;
  /** The record that was found before the run. */
  readonly existing: ArtifactRecord | undefined;
  /** Whether this run's record is to hold although another's may be there by now. */
  readonly replace: boolean;
  write(ref: ObjectRef, options: Writing): Promise<PlacedObject>;
}

export interface Writing {
  readonly createOnly: boolean;
  /** At the address's own name: the record may be written with it. */
  readonly isFirst?: boolean;
}

export interface Placed {
  readonly ref: ObjectRef;
  /** The record that holds, where it is with the payload: this run's own, or that of somebody who was faster. */
  readonly record: ArtifactRecord | undefined;
}

/** Stores a payload, and says where. */
export async function placePayload(placing: Placing): Promise<Placed> {
  const { bucket, address, extension, bytes, existing, replace, write } = placing;
  const told = { bucket, name: `${address}.${tellBytes(bytes)}.${extension}` };
  const spokenOf = existing?.outcome.status === "succeeded" ? existing.outcome.payload : null;
  if (!spokenOf) {
    const own = { bucket, name: payloadName(address, extension) };
    const there = await write(own, { createOnly: true, isFirst: true });
    const record = replace ? undefined : readMetadata(there.metadata);
    if (record || holds(there, bytes)) return { ref: own, record };
  }
  const isOurs = spokenOf && spokenOf.bucket === bucket && isSame(spokenOf, bytes);
  const ref = isOurs ? { bucket, name: spokenOf.name } : told;
  const there = await write(ref, { createOnly: true });
  if (holds(there, bytes)) return { ref, record: undefined };
  // Other bytes than those that the name is for are damage. The record may be with them.
  const place = readMetadata(there.metadata) ? told : ref;
  await write(place, { createOnly: false });
  return { ref: place, record: undefined };
}

/** Whether a place holds these bytes now: it was free, or held them. */
function holds(there: PlacedObject, bytes: PayloadBytes): boolean {
  return there.created || isSame(there, bytes);
}

function isSame(a: PayloadBytes, b: PayloadBytes): boolean {
  return a.sizeBytes === b.sizeBytes && a.crc32c === b.crc32c;
}

function tellBytes({ sizeBytes, crc32c }: PayloadBytes): string {
  return `${Buffer.from(crc32c, "base64").toString("hex")}-${sizeBytes}`;
}
