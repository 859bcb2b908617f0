import { framesOf, type Id3Tag, tagsOf } from "../tags/id3-frames.ts";
import type { BytesAt } from "../tags/windowed-file.ts";
import type { Patch } from "./find-ogg-repairs.ts";

/** As many as ffmpeg takes in its stride; the reader of tags takes seconds and hundreds of MB for a million. */
const mostFrames = 2_000;
/** More than taggers leave; the reader of tags takes every ten bytes of it for a frame: 10 s and 700 MB for 20 MB. */
const mostPaddingBytes = 2 ** 20;
/** Tags that may follow one another. */
const mostTags = 100;

/**
 * What must be changed in a file whose ID3v2 tag has more frames, or more padding, than any player writes, for it to be read in
 * time: what follows the last of the frames that are read becomes padding, in the form of `padding`.
 */
export async function findId3Repairs(bytesAt: BytesAt): Promise<Patch[]> {
  const patches: Patch[] = [];
  for await (const tag of tagsOf(bytesAt, mostTags)) {
    let frames = 0;
    let at = tag.firstFrame;
    for await (const { start, sizeBytes } of framesOf(bytesAt, tag)) {
      if (++frames > mostFrames) break;
      at = start + sizeBytes;
    }
    if (frames > mostFrames || tag.end - at > mostPaddingBytes)
      patches.push(...(await padding(bytesAt, tag, at)));
  }
  return patches;
}

/**
 * Zeros where a name would be are padding. Not every reader stops there: so it is frames without a name, as large as may be, which are
 * passed over at once. Up to the tag's end, or the file's, where that comes first.
 */
async function padding(bytesAt: BytesAt, { version, end }: Id3Tag, from: number): Promise<Patch[]> {
  const patches: Patch[] = [];
  const [headBytes, mostBytes] = version === 2 ? [6, 2 ** 24 - 1] : [10, 2 ** 28 - 1];
  for (let at = from; at + headBytes < end; ) {
    if ((await bytesAt(at, headBytes)).length < headBytes) break;
    const sizeBytes = Math.min(end - at - headBytes, mostBytes);
    const bytes = Buffer.alloc(headBytes);
    if (version === 2) bytes.writeUIntBE(sizeBytes, 3, 3);
    else if (version === 3) bytes.writeUInt32BE(sizeBytes, 4);
    else
      for (const [index, shift] of [21, 14, 7, 0].entries()) bytes[4 + index] = (sizeBytes >> shift) & 0x7f;
    patches.push({ at, bytes });
    at += headBytes + sizeBytes;
  }
  return patches;
}
