import { readFile, rm, writeFile } from "node:fs/promises";
import type { PcmLayout } from "@segue/audio";
import type { Input } from "@segue/step";

type Master = Pick<Input, "sizeBytes" | "fetchRange">;

/** Past it, what stands before or after the samples is no tags that anybody needs. */
const maxTagBytes = 12 * 2 ** 20;

/** A local file with all that precedes the samples, and enough of them for ffmpeg to tell what they are. */
export function headOfPcm(master: Master, { dataOffsetBytes, frameBytes }: PcmLayout): Promise<string> {
  return master.fetchRange(0, dataOffsetBytes + 4096 * frameBytes);
}

/**
 * A local file with what precedes and follows the samples, and none of them: what tags are read from.
 * The sizes in its header are of the whole; only the chunk of samples, which readers skip, is made empty.
 */
export async function fetchTagPart(master: Master, layout: PcmLayout, path: string): Promise<string> {
  const dataEnd = layout.dataOffsetBytes + layout.dataBytes;
  const head = await fetchBytes(master, 0, Math.min(layout.dataOffsetBytes, maxTagBytes));
  // Chunks are padded to an even length.
  const tailStart = dataEnd + (layout.dataBytes % 2);
  const tailBytes = Math.max(0, master.sizeBytes - tailStart);
  const tail =
    tailBytes <= maxTagBytes ? await fetchBytes(master, tailStart, master.sizeBytes) : Buffer.alloc(0);
  const tag = head.toString("latin1", 0, 4);
  // The size of RIFF's data chunk stands right before the samples; AIFF's before two words more.
  if (tag === "RIFF" && head.length >= 8) head.writeUInt32LE(0, head.length - 4);
  if (tag === "FORM" && head.length >= 16) head.writeUInt32BE(8, head.length - 12);
  const whole = Buffer.concat([head, tail]);
  if (tag === "RIFF") whole.writeUInt32LE(whole.length - 8, 4);
  if (tag === "FORM") whole.writeUInt32BE(whole.length - 8, 4);
  await writeFile(path, whole);
  return path;
}

async function fetchBytes(master: Master, startByte: number, endByte: number): Promise<Buffer> {
  if (endByte <= startByte) return Buffer.alloc(0);
  const part = await master.fetchRange(startByte, endByte);
  try {
    return await readFile(part);
  } finally {
    await rm(part, { force: true });
  }
}
