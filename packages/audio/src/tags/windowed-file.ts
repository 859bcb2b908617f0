import type { FileHandle } from "node:fs/promises";

/** Bytes of a file from an offset: fewer at its end, and at most `windowBytes`. Valid until the next call. */
export type BytesAt = (start: number, length: number) => Promise<Buffer>;

const defaultWindowBytes = 16 * 1024;

/** Reads a file in windows: small reads that lie near each other cost one. */
export function windowed(file: FileHandle, windowBytes = defaultWindowBytes): BytesAt {
  const window = Buffer.alloc(windowBytes);
  let start = 0;
  let filled = 0;
  return async (from, length) => {
    if (from < start || from + length > start + filled) {
      start = from;
      filled = (await file.read(window, 0, windowBytes, from)).bytesRead;
    }
    return window.subarray(from - start, Math.min(from - start + length, filled));
  };
}
