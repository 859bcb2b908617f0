import { readFile, writeFile } from "node:fs/promises";

/** Writes arrays one after the other, as they lie in memory (little-endian on every machine that Node runs on). */
export async function writeNumbers(
  path: string,
  arrays: readonly (Float32Array | Float64Array)[],
): Promise<string> {
  await writeFile(
    path,
    Buffer.concat(
      arrays.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)),
    ),
  );
  return path;
}

/** Reads what `writeNumbers` wrote. */
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
