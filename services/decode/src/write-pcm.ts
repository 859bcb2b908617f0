import {
  type AudioStream,
  canonicalSampleRateHz,
  downmix,
  FfmpegError,
  fileUrl,
  inputArgs,
  isSystemFailure,
  resampleFilter,
  runFfmpeg,
  silenceNonFinite,
} from "@segue/audio";
import { PermanentError } from "@segue/contracts";
import type { DecodeOptions } from "./decode-master.ts";

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
  const channels = stream.channels ?? 2;
  const filters = [
    hasNonFinite ? silenceNonFinite : null,
    downmix(channels, stream.channelLayout).filter,
    resampleFilter(canonicalSampleRateHz),
  ].filter((filter) => filter !== null);
  // biome-ignore format: one option a line.
  const args = [
    ...inputArgs,
    // Damaged frames are skipped and counted, however many they are: what is left is for the caller to judge.
    "-max_error_rate", "1",
    "-i", fileUrl(masterPath),
    "-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1",
    "-af", filters.join(","),
    "-t", String(options.maxDurationSec + 1),
    "-c:a", "pcm_s16le", "-ar", String(canonicalSampleRateHz), "-ac", String(Math.min(channels, 2)),
    "-threads", "1", "-bitexact", "-f", "wav", "-y", fileUrl(outPath),
  ];
  try {
    const { errorLines } = await runFfmpeg(args, options);
    return errorLines;
  } catch (error) {
    if (error instanceof FfmpegError && error.reason === "exit" && error.exitSignal === null) {
      throw explain(error, stream);
    }
    throw error;
  }
}

/** What the decoder's own failure means for the track. */
function explain(error: FfmpegError, stream: AudioStream): Error {
  if (isSystemFailure(error.stderr)) return error;
  if (
    /Decoder \(codec .*\) not found|Unknown decoder|could not find decoder|Decoding requested, but no decoder/i.test(
      error.stderr,
    )
  ) {
    return new PermanentError("unsupported-codec", `there is no decoder for the codec ${stream.codec}`, {
      cause: error,
    });
  }
  // The words of ffmpeg name files of this machine: they stay in the cause.
  const message = `the ${stream.codec} stream is damaged so badly that nothing of it could be decoded`;
  return new PermanentError("no-samples-decoded", message, { cause: error });
}
