import { countedTime, runFfmpeg } from "@segue/audio";
import type { DecodeOptions } from "./decode-options.ts";
import { isDecoderFailure, tolerantArgs } from "./pcm-output.ts";

export interface NonFiniteCount {
  /** In all that was decoded. */
  readonly decoded: number;
  /** In the window alone. */
  readonly inWindow: number;
}

/** Interleaved samples of the source, from the first decoded on; `end` excluded. */
export interface SampleWindow {
  readonly start: number;
  readonly end: number;
}

const everything: SampleWindow = { start: 0, end: Number.POSITIVE_INFINITY };
const exponent = 0x7f800000;

/**
 * How many samples of the first audio stream are NaN or infinite. Decodes it once more, and keeps nothing. Of a damaged stream,
 * what can be decoded counts.
 * @param inputArgs ffmpeg's arguments up to and with `-i`.
 */
export async function countNonFinite(
  inputArgs: readonly string[],
  forSec: number,
  options: Omit<DecodeOptions, "maxDurationSec">,
  window: SampleWindow = everything,
): Promise<NonFiniteCount> {
  let decoded = 0;
  let inWindow = 0;
  let position = 0;
  let rest = Buffer.alloc(0);
  const onStdout = (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const usable = bytes.length - (bytes.length % 4);
    for (let at = 0; at < usable; at += 4, position++) {
      if ((bytes.readUInt32LE(at) & exponent) !== exponent) continue;
      decoded += 1;
      if (position >= window.start && position < window.end) inWindow += 1;
    }
    rest = Buffer.from(bytes.subarray(usable));
  };
  const map = ["-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1"];
  const time = ["-af", countedTime, "-t", String(forSec)];
  const sink = ["-c:a", "pcm_f32le", "-threads", "1", "-f", "f32le", "pipe:1"];
  try {
    await runFfmpeg([...tolerantArgs, ...inputArgs, ...map, ...time, ...sink], { ...options, onStdout });
  } catch (error) {
    // It gave up on the stream: whether anything can be made of that is for the decoding itself to tell.
    if (!isDecoderFailure(error)) throw error;
  }
  return { decoded, inWindow };
}
