import {
  type AudioStream,
  canonicalSampleRateHz,
  countedTime,
  downmix,
  FfmpegError,
  isSystemFailure,
  resampleFilter,
  silenceNonFinite,
} from "@segue/audio";
import { PermanentError } from "@segue/contracts";

/** Channels of the PCM that a stream becomes: 1 or 2. */
export function outputChannels(stream: AudioStream): number {
  return Math.min(stream.channels ?? 2, 2);
}

/** ffmpeg's arguments that bring the first audio stream to canonical PCM, `forSec` of it at the most; no format, no sink. */
export function pcmOutputArgs(stream: AudioStream, hasNonFinite: boolean, forSec: number): string[] {
  const filters = [
    hasNonFinite ? silenceNonFinite : null,
    downmix(stream.channels ?? 2, stream.channelLayout).filter,
    resampleFilter(canonicalSampleRateHz),
    countedTime,
  ].filter((filter) => filter !== null);
  // biome-ignore format: one option a line.
  return [
    "-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1",
    "-af", filters.join(","),
    "-t", String(forSec),
    "-c:a", "pcm_s16le", "-ar", String(canonicalSampleRateHz), "-ac", String(outputChannels(stream)),
    "-threads", "1", "-bitexact",
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
