import { open } from "node:fs/promises";
import { endOfTags } from "../tags/id3-frames.ts";
import { windowed } from "../tags/windowed-file.ts";

/** What a FLAC file's STREAMINFO (RFC 9639, 8.2) says of all its samples. */
export interface FlacSignature {
  /** MD5 of the interleaved samples, little-endian, in whole bytes; hexadecimal. */
  readonly md5: string;
  readonly bitDepth: number;
  readonly sampleRateHz: number;
  /** Per channel; 0 where the writer did not know. */
  readonly sampleCount: number;
}

const streamInfoBytes = 34;
const none = "0".repeat(32);

/** Null for what is no FLAC file of its own (FLAC in Ogg, Matroska, MP4), and where the writer left it out. */
export async function readFlacSignature(path: string): Promise<FlacSignature | null> {
  const file = await open(path, "r");
  try {
    const bytesAt = windowed(file);
    const start = await endOfTags(bytesAt);
    const head = await bytesAt(start, 8 + streamInfoBytes);
    if (head.length < 8 + streamInfoBytes || head.toString("latin1", 0, 4) !== "fLaC") return null;
    const info = head.subarray(8);
    // Twenty bits of rate, three of channels, five of depth, thirty-six of length.
    const packed = info.readBigUInt64BE(10);
    const md5 = info.toString("hex", 18, streamInfoBytes);
    if (md5 === none) return null;
    return {
      md5,
      sampleRateHz: Number(packed >> 44n),
      bitDepth: Number((packed >> 36n) & 31n) + 1,
      sampleCount: Number(packed & 0xf_ffff_ffffn),
    };
  } finally {
    await file.close();
  }
}
