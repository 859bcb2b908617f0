/** A place in a buffer, in bits from its beginning; the highest bit of a byte comes first. What lies behind the buffer reads as 0. */
export interface BitCursor {
  readonly bytes: Uint8Array;
  at: number;
}

/** The next bits, left where they are. @param count at most 24. */
export function peek({ bytes, at }: BitCursor, count: number): number {
  const byte = at >>> 3;
  const next =
    ((bytes[byte] ?? 0) << 24) |
    ((bytes[byte + 1] ?? 0) << 16) |
    ((bytes[byte + 2] ?? 0) << 8) |
    (bytes[byte + 3] ?? 0);
  return count === 0 ? 0 : (next << (at & 7)) >>> (32 - count);
}

/** The next bits, as a number. @param count at most 24. */
export function take(cursor: BitCursor, count: number): number {
  const value = peek(cursor, count);
  cursor.at += count;
  return value;
}

/** Writes a number of 8 bits over what is there. */
export function writeByte(bytes: Uint8Array, at: number, value: number): void {
  const byte = at >>> 3;
  const shift = 8 - (at & 7);
  const both = ((bytes[byte] ?? 0) << 8) | (bytes[byte + 1] ?? 0);
  const changed = (both & ~(0xff << shift)) | (value << shift);
  bytes[byte] = changed >>> 8;
  // Of a byte that is aligned the next one is none of ours, and may be past the end.
  if (shift < 8) bytes[byte + 1] = changed & 0xff;
}
