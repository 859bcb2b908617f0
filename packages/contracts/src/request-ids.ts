import { createHash, randomBytes } from "node:crypto";
import { acceptedAtMs } from "./object-names.ts";

/** A UUID of version 7 (RFC 9562, 5.7): 48 bits of milliseconds, then these bits, but for those that tell its form. */
function formUuid(atMs: number, bits: Buffer): string {
  const bytes = Buffer.alloc(16);
  bits.copy(bytes, 6, 0, 10);
  bytes.writeUIntBE(atMs, 0, 6);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** An id for a request, a track, a backfill: random, but that they sort by time. */
export function createId(now: Date): string {
  return formUuid(now.getTime(), randomBytes(10));
}

/**
 * The id of what a backfill asks of one track: it is the same request whoever plans it, and however often. It sorts where the
 * backfill does.
 */
export function requestIdOf(backfillId: string, trackId: string): string {
  return formUuid(
    acceptedAtMs(backfillId),
    createHash("sha256").update(`backfill/${backfillId}/${trackId}`).digest(),
  );
}
