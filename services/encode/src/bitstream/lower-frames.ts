import { writeByte } from "./bits.ts";
import { readGains } from "./read-gains.ts";

/** What one step of an AAC frame's gain is: the fourth root of 2. */
export const stepDb = 5 * Math.log10(2);

/**
 * Lowers all that AAC-LC frames at 44.1 kHz decode to, by steps of 1.5 dB, in place: not a byte more or less, nothing is decoded, and
 * nothing is quantised again. Every decoder gives the same as before times 2^(-steps / 4). Some 0.1 s of CPU for four minutes.
 *
 * @param frameBytes of each frame, one after the other, from the buffer's beginning to its end.
 * @throws {Error} if they are no such frames, or don't end with the buffer.
 */
export function lowerFrames(bytes: Uint8Array, frameBytes: ArrayLike<number>, steps: number): void {
  let at = 0;
  for (let frame = 0; frame < frameBytes.length; frame++) {
    const end = at + (frameBytes[frame] ?? 0);
    for (const channel of readGains(bytes, at, end)) {
      // ffmpeg keeps a frame's factors within 60 of each other: one that has no room for all steps is inaudible from end to end.
      const room = Math.min(steps, channel.gain, Math.max(0, channel.lowestFactor));
      writeByte(bytes, channel.at, channel.gain - room);
    }
    at = end;
  }
  if (at !== bytes.length) throw new Error(`AAC frames of ${at} bytes lie in ${bytes.length}`);
}
