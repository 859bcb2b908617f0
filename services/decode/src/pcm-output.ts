import {
  type AudioStream,
  countedTime,
  FfmpegError,
  holdChannels,
  isSystemFailure,
  resampleFilter,
  silenceNonFinite,
} from "@segue/audio";
import { PermanentError } from "@segue/contracts";
import { canonicalSampleRateHz } from "@segue/dsp";

/** Bytes of one sample as ffmpeg gives it. */
export const signalSampleBytes = 4;

/**
 * ffmpeg's arguments that give the first audio stream's channels at the canonical rate, as 32-bit floats on stdout, `forSec` of it at
 * the most: nothing is mixed, rounded or cut off at full scale there. @param inputs channels that are taken: see `planSignal`.
 */
export function signalOutputArgs(
  stream: AudioStream,
  inputs: number,
  hasNonFinite: boolean,
  forSec: number,
): string[] {
  const sourceChannels = stream.channels ?? 2;
  const filters = [
    hasNonFinite ? silenceNonFinite : null,
    holdChannels(inputs, sourceChannels, stream.channelLayout),
    resampleFilter(canonicalSampleRateHz, "flt"),
    countedTime,
  ].filter((filter) => filter !== null);
  // Asked for by their number, more than two would be mixed to the usual layout.
  const channels = sourceChannels <= 2 ? ["-ac", String(inputs)] : [];
  // biome-ignore format: one option a line.
  return [
    "-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1",
    "-af", filters.join(","),
    "-t", String(forSec),
    "-c:a", "pcm_f32le", "-ar", String(canonicalSampleRateHz), ...channels,
    "-threads", "1", "-bitexact", "-f", "f32le", "pipe:1",
  ];
}

/**
 * Stands before the input. Damaged frames are skipped and counted, however many: what is left is for the caller to judge.
 * Checksums of frames (FLAC, WavPack, TTA, AC-3, DTS) are looked at, which no build does by itself.
 */
// biome-ignore format: one option a pair.
export const tolerantArgs: readonly string[] = [
  "-max_error_rate", "1", "-err_detect", "crccheck",
];

/** What the decoder's own failure means for the track; anything else that was thrown comes back as it is. */
export function explainDecoderFailure(error: unknown, stream: AudioStream): unknown {
  if (!isDecoderFailure(error)) return error;
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

/** ffmpeg gave up by itself, and not for want of anything that this machine lacks. */
export function isDecoderFailure(error: unknown): error is FfmpegError {
  return (
    error instanceof FfmpegError &&
    error.reason === "exit" &&
    error.exitSignal === null &&
    !isSystemFailure(error.stderr)
  );
}
