import { readFile } from "node:fs/promises";

/** Numbers as they lie in memory (little-endian on every machine that Node runs on), of several arrays one after the other. */
export function bytesOf(...arrays: readonly [NumberArray, ...NumberArray[]]): Uint8Array {
  const [first, ...more] = arrays.map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  );
  return first && more.length === 0 ? first : Buffer.concat(first ? [first, ...more] : []);
}

type NumberArray = Int8Array | Int16Array | Float32Array | Float64Array;

/** Reads what `bytesOf` made of 32-bit floats. */
export async function readFloats(path: string): Promise<Float32Array> {
  return new Float32Array(await readBytes(path));
}

/** The same, of 64 bits each. */
export async function readDoubles(path: string): Promise<Float64Array> {
  return new Float64Array(await readBytes(path));
}

async function readBytes(path: string): Promise<ArrayBuffer> {
  const bytes = await readFile(path);
  // A buffer of its own: small files come as parts of a shared pool, at any offset.
  return Uint8Array.from(bytes).buffer;
}
