import { open } from "node:fs/promises";

/** Sizes from here on mean that the writer did not know: streams of unknown length, and files past 4 GiB. */
const unknownSizeBytes = 0xffff_ff00;
const maxChunks = 1000;

/**
 * How much more a RIFF/WAVE file declares in its `data` chunk than it holds, as the quotient of the two: 1 for a whole
 * file, 2 for one cut off in the middle. ffmpeg cannot tell: it takes the file's size for the truth.
 *
 * @returns 1 as well for what is no RIFF/WAVE, or does not say.
 */
export async function readWavShortfall(path: string): Promise<number> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const head = Buffer.alloc(12);
    await file.read(head, 0, 12, 0);
    if (head.toString("latin1", 0, 4) !== "RIFF" || head.toString("latin1", 8, 12) !== "WAVE") return 1;
    let position = 12;
    for (let chunk = 0; chunk < maxChunks && position + 8 <= size; chunk++) {
      await file.read(head, 0, 8, position);
      const declared = head.readUInt32LE(4);
      position += 8;
      if (head.toString("latin1", 0, 4) === "data") {
        const present = size - position;
        return present > 0 && declared < unknownSizeBytes ? Math.max(1, declared / present) : 1;
      }
      // Chunks are padded to an even length.
      position += declared + (declared % 2);
    }
    return 1;
  } finally {
    await file.close();
  }
}
