import { framesOf, tagsOf } from "../tags/id3-frames.ts";
import type { BytesAt } from "../tags/windowed-file.ts";
import type { Patch } from "./find-ogg-repairs.ts";

/** As many as ffmpeg takes in its stride; the reader of tags takes seconds and hundreds of MB for a million. */
const mostFrames = 2_000;
/** Tags that may follow one another. */
const mostTags = 100;
const frameHeadBytes = 6;

/**
 * What must be changed in a file whose ID3v2 tag has more frames than any player writes, for it to be read in time: the head of the
 * first that is too many, so that what follows is padding.
 */
export async function findId3Repairs(bytesAt: BytesAt): Promise<Patch[]> {
  const patches: Patch[] = [];
  for await (const tag of tagsOf(bytesAt, mostTags)) {
    let frames = 0;
    for await (const { start, id } of framesOf(bytesAt, tag)) {
      if (++frames <= mostFrames) continue;
      const head = start - (id.length === 3 ? frameHeadBytes : frameHeadBytes + 4);
      patches.push({ at: head, bytes: new Uint8Array(frameHeadBytes) });
      break;
    }
  }
  return patches;
}
