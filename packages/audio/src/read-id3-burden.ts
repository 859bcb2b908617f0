import { open } from "node:fs/promises";
import { framesOf, type Id3Tag, tagsOf } from "./tags/id3-frames.ts";
import { type BytesAt, windowed } from "./tags/windowed-file.ts";

/**
 * So many frames no player writes; up to here ffmpeg takes them in its stride. It looks each frame up among all before
 * it: 20 000 take it 2.5 s, 2000 take 30 ms.
 */
const mostFrames = 2000;
const chunked: ReadonlySet<string> = new Set(["RIFF", "RF64", "FORM"]);
/** Reading that many, empty ones included, takes no time to speak of. */
const mostTags = 10_000;

/**
 * How many bytes at a file's beginning ffmpeg had better not read: its ID3v2 tags, if they hold thousands of frames, or if
 * what follows is of a kind that later builds do not look for behind tags (RIFF, FORM). Tags are read by other means, and
 * nothing that is heard stands in them.
 *
 * @returns 0 for a file without such tags.
 */
export async function readId3Burden(path: string): Promise<number> {
  const file = await open(path, "r");
  try {
    const bytesAt = windowed(file);
    let frames = 0;
    let at = 0;
    // ffmpeg reads them all.
    for await (const tag of tagsOf(bytesAt, mostTags)) {
      if (frames <= mostFrames) frames += await countFrames(bytesAt, tag, mostFrames + 1 - frames);
      at = tag.end;
    }
    return frames > mostFrames || (at > 0 && chunked.has((await bytesAt(at, 4)).toString("latin1"))) ? at : 0;
  } finally {
    await file.close();
  }
}

async function countFrames(bytesAt: BytesAt, tag: Id3Tag, enough: number): Promise<number> {
  let frames = 0;
  for await (const _ of framesOf(bytesAt, tag)) if (++frames >= enough) break;
  return frames;
}
