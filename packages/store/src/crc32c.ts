import { createRequire } from "node:module";
import { CRC32C } from "@google-cloud/storage";
import { z } from "zod";

/** A running CRC32C (Castagnoli, RFC 3720), in the shape that the Cloud Storage client takes. */
export type RunningCrc32c = {
  update(data: Buffer): void;
  /** True when `value` is the same digest, in base64. */
  validate(value: string): boolean;
  /** The digest: four bytes, big-endian, in base64. */
  toString(): string;
};

type NativeCrc32c = (input: Uint8Array, initialState?: number) => number;

// The prebuilt binary is missing on rare platforms; the client's own table-driven code then does, 20 times slower.
function loadNative(): NativeCrc32c | undefined {
  try {
    const loaded: unknown = createRequire(import.meta.url)("@node-rs/crc32");
    return z.object({ crc32c: z.custom<NativeCrc32c>((value) => typeof value === "function") }).parse(loaded)
      .crc32c;
  } catch {
    return undefined;
  }
}

const native = loadNative();

/** Which implementation this process uses. */
export const crc32cImplementation: "native" | "javascript" = native ? "native" : "javascript";

/** Starts a CRC32C over no bytes. */
export function createCrc32c(): RunningCrc32c {
  if (!native) return new CRC32C();
  let state = 0;
  const digest = () => {
    const bytes = Buffer.allocUnsafe(4);
    bytes.writeUInt32BE(state);
    return bytes.toString("base64");
  };
  return {
    update: (data) => {
      state = native(data, state);
    },
    validate: (value) => value === digest(),
    toString: digest,
  };
}

/** The CRC32C of one buffer, in base64. */
export function computeCrc32c(data: Buffer): string {
  const running = createCrc32c();
  running.update(data);
  return running.toString();
}
