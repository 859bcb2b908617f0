import { type AudioStream, fileUrl, inputArgs, runFfmpeg } from "@segue/audio";
import type { DecodeOptions } from "./decode-master.ts";
import { explainDecoderFailure, pcmOutputArgs, tolerantArgs } from "./pcm-output.ts";

/**
 * Decodes the first audio stream to canonical PCM, a second past the longest duration allowed at the most.
 * @returns how many errors the decoder reported on the way.
 * @throws {PermanentError} `unsupported-codec`, or `no-samples-decoded` if the decoder gave up on the stream.
 */
export async function writePcm(
  outPath: string,
  masterPath: string,
  stream: AudioStream,
  hasNonFinite: boolean,
  options: DecodeOptions,
): Promise<number> {
  const output = pcmOutputArgs(stream, hasNonFinite, options.maxDurationSec + 1);
  const input = [...inputArgs, ...tolerantArgs, "-i", fileUrl(masterPath)];
  try {
    const { errorLines } = await runFfmpeg(
      [...input, ...output, "-f", "wav", "-y", fileUrl(outPath)],
      options,
    );
    return errorLines;
  } catch (error) {
    throw explainDecoderFailure(error, stream);
  }
}
