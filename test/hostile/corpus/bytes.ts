import { createRandom } from "@segue/synth";

export const latin1 = (text: string) => Buffer.from(text, "latin1");
export const utf8 = (text: string) => Buffer.from(text, "utf8");

export function uint16LE(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

export function uint32LE(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function uint16BE(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function uint32BE(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Noise that is the same for the same seed. */
export function randomBytes(length: number, seed: number): Buffer {
  const random = createRandom(seed);
  return Buffer.from(Uint8Array.from({ length }, () => random.below(256)));
}

/** A copy in which a range is replaced by bytes of the same number. */
export function patched(original: Uint8Array, offset: number, replacement: Uint8Array): Buffer {
  const bytes = Buffer.from(original);
  Buffer.from(replacement).copy(bytes, offset);
  return bytes;
}

/** Where a mark of four letters or more first stands. */
export function find(bytes: Buffer, mark: string, from = 0): number {
  const at = bytes.indexOf(mark, from, "latin1");
  if (at < 0) throw new Error(`expected "${mark}" in ${bytes.length} bytes`);
  return at;
}
