import { open } from "node:fs/promises";

const blockHeadBytes = 32;
/** Blocks of sound are larger: of these little more than the head is read. Blocks of silence fit in by the hundred. */
const windowBytes = 8 * 1024;
/** Decoders take a block that says more for damaged. */
const mostFramesOfBlock = 150_000;
/** In a block's flags: it is the first, or only one, of those that hold the channels of one stretch. */
const firstOfStretch = 1 << 11;

/**
 * How many samples per channel the blocks of a WavPack file say they hold, up to the first that is none. The first
 * block declares a length as well; it is wrong where files were put one after another.
 *
 * @param enough ends the count once it is past this.
 */
export async function countWavPackFrames(path: string, enough: number): Promise<number> {
  const file = await open(path, "r");
  try {
    const window = Buffer.alloc(windowBytes);
    let start = 0;
    let filled = 0;
    let frames = 0;
    for (let at = 0; frames <= enough; ) {
      if (at + blockHeadBytes > start + filled) {
        start = at;
        filled = (await file.read(window, 0, windowBytes, at)).bytesRead;
        if (filled < blockHeadBytes) break;
      }
      const head = window.subarray(at - start, at - start + blockHeadBytes);
      if (head.toString("latin1", 0, 4) !== "wvpk") break;
      const framesOfBlock = head.readUInt32LE(20);
      const counts = (head.readUInt32LE(24) & firstOfStretch) !== 0 && framesOfBlock <= mostFramesOfBlock;
      if (counts) frames += framesOfBlock;
      // The size leaves out the four letters and itself.
      at += 8 + head.readUInt32LE(4);
    }
    return frames;
  } finally {
    await file.close();
  }
}
