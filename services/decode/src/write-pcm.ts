import { type AudioStream, fileUrl, runFfmpeg } from "@segue/audio";
import type { DecodeOptions } from "./decode-options.ts";
import { explainDecoderFailure, pcmOutputArgs, tolerantArgs } from "./pcm-output.ts";

/**
 * Decodes the first audio stream to canonical PCM, a second past the longest duration allowed at the most.
 * @param masterInput ffmpeg's arguments up to and with `-i`.
 * @returns how many errors the decoder reported on the way.
 * @throws {PermanentError} `unsupported-codec`, or `no-samples-decoded` if the decoder gave up on the stream.
 */
export async function writePcm(
  outPath: string,
  masterInput: readonly string[],
  stream: AudioStream,
  hasNonFinite: boolean,
  options: DecodeOptions,
): Promise<number> {
  const output = pcmOutputArgs(stream, hasNonFinite, options.maxDurationSec + 1);
  try {
    const { errorLines } = await runFfmpeg(
      [...tolerantArgs, ...masterInput, ...output, "-f", "wav", "-y", fileUrl(outPath)],
      options,
    );
    return errorLines;
  } catch (error) {
    throw explainDecoderFailure(error, stream);
  }
}
