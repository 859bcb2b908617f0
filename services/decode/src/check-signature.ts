import { readFlacSignature, runFfmpeg } from "@segue/audio";
import type { DecodeOptions } from "./decode-options.ts";
import { isDecoderFailure } from "./pcm-output.ts";

/** Samples as the signature is over them; depths in between are padded in a way of their own. */
const coders: Readonly<Record<number, string>> = {
  8: "pcm_s8",
  16: "pcm_s16le",
  24: "pcm_s24le",
  32: "pcm_s32le",
};

/** More or less than the header says is told by other means: a file that is cut off, or several in a row. */
const toleranceSec = 0.15;

/**
 * Whether all samples of a FLAC file are those that its encoder signed: 0.3 s of CPU for 4 minutes.
 * @param input ffmpeg's arguments up to and with `-i`.
 * @param durationSec as decoded.
 * @returns what is wrong, in words; null where nothing is, or where the file does not say.
 */
export async function checkSignature(
  path: string,
  input: readonly string[],
  durationSec: number,
  options: Omit<DecodeOptions, "maxDurationSec">,
): Promise<string | null> {
  const signature = await readFlacSignature(path);
  const coder = signature ? coders[signature.bitDepth] : undefined;
  if (!signature || !coder || signature.sampleRateHz === 0) return null;
  const declaredSec = signature.sampleCount / signature.sampleRateHz;
  if (declaredSec > 0 && Math.abs(durationSec - declaredSec) > toleranceSec) return null;
  let printed = "";
  const onStdout = (chunk: Buffer) => {
    printed += chunk.toString("latin1");
  };
  const output = ["-map", "0:a:0", "-c:a", coder, "-threads", "1", "-f", "md5", "pipe:1"];
  try {
    await runFfmpeg([...input, ...output], { ...options, onStdout });
  } catch (error) {
    // What can be decoded has been decoded: a decoder that gives up here says nothing new.
    if (isDecoderFailure(error)) return null;
    throw error;
  }
  const found = /MD5=([0-9a-f]{32})/.exec(printed)?.[1];
  return found === signature.md5 ? null : "the samples are not those that the FLAC's MD5 was made of";
}
