import type { Readable } from "node:stream";
import { blockFrames } from "./measure-signal.ts";
import { signalSampleBytes } from "./pcm-output.ts";

/** Reads a stream in amounts of the caller's choice; what is not asked for stays in its pipe. */
export interface SampleReader {
  /** Exactly this many bytes; fewer only at the stream's end. @param into is used where it is given; of that size at the least. */
  read(bytes: number, into?: Buffer): Promise<Buffer>;
  /** Gives bytes back: they are read again first. */
  unread(bytes: Buffer): void;
  /** Reads and drops this many bytes; returns how many there were. */
  skip(bytes: number): Promise<number>;
  /** Reads and drops all that is left. */
  drain(): Promise<void>;
}

export function createSampleReader(stream: Readable): SampleReader {
  const chunks: AsyncIterator<Buffer> = stream[Symbol.asyncIterator]();
  let pending: Buffer = Buffer.alloc(0);

  /** Between one byte and `most`; nothing at the end. */
  async function take(most: number): Promise<Buffer | null> {
    if (pending.length === 0) {
      const { done, value } = await chunks.next();
      if (done) return null;
      pending = value;
    }
    const taken = pending.subarray(0, most);
    pending = pending.subarray(taken.length);
    return taken;
  }

  async function forEach(bytes: number, use: (part: Buffer, at: number) => void): Promise<number> {
    let done = 0;
    while (done < bytes) {
      const part = await take(bytes - done);
      if (!part) break;
      use(part, done);
      done += part.length;
    }
    return done;
  }

  return {
    async read(bytes, into = Buffer.allocUnsafeSlow(bytes)) {
      return into.subarray(0, await forEach(bytes, (part, at) => part.copy(into, at)));
    },
    unread(bytes) {
      pending = pending.length === 0 ? bytes : Buffer.concat([bytes, pending]);
    },
    skip: (bytes) => forEach(bytes, () => {}),
    async drain() {
      await forEach(Number.POSITIVE_INFINITY, () => {});
    },
  };
}

/**
 * Reads a stream of 32-bit floats, interleaved, a second at a time: `blockFrames`, fewer only at the stream's end, whole frames only.
 * Each block is a view that the next one overwrites.
 */
export function createBlockReader(reader: SampleReader, channels: number): () => Promise<Float32Array> {
  const bytes = Buffer.allocUnsafeSlow(blockFrames * channels * signalSampleBytes);
  return async () => floatsOf(await reader.read(bytes.length, bytes), channels);
}

/** @param bytes as `SampleReader.read` gives them. */
export function floatsOf(bytes: Buffer, channels: number): Float32Array {
  const frames = Math.floor(bytes.length / (channels * signalSampleBytes));
  return new Float32Array(bytes.buffer, bytes.byteOffset, frames * channels);
}
