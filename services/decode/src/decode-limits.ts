/** What decoding accepts and how it divides its work: the only place for these figures. */
export interface DecodeLimits {
  /** Longer audio ends as `too-long`. */
  readonly durationSec: number;
  /** A compressed master must be at hand as a whole; a larger one ends as `too-large`. */
  readonly wholeMasterBytes: number;
  /** Uncompressed masters are read in ranges; a larger one ends as `too-large`. */
  readonly pcmMasterBytes: number;
  /** More channels end as `unsupported-codec`. */
  readonly channels: number;
  /** Lower rates end as `unsupported-codec`: no such audio exists, and each of its samples becomes 44 or more. */
  readonly leastSampleRateHz: number;
  /** Audio up to this long is decoded in one attempt, into one file. */
  readonly oneAttemptSec: number;
  /** Each run of ffmpeg decodes this much; whole seconds, a multiple of `pieceSec`. */
  readonly spanSec: number;
  /** A checkpoint is possible after each of these; whole seconds. */
  readonly pieceSec: number;
  /** Decoded before a span and thrown away: decoders and the resampler have settled by then. Whole seconds. */
  readonly prerollSec: number;
  /** What a span's stretch of an uncompressed master may take on disk. */
  readonly spanBytes: number;
  /** Where a file can't be entered in the middle, it is decoded from its beginning up to here. */
  readonly skipSec: number;
}

export const decodeLimits: DecodeLimits = Object.freeze({
  durationSec: 6 * 3600,
  wholeMasterBytes: 512 * 2 ** 20,
  pcmMasterBytes: 16 * 2 ** 30,
  channels: 64,
  leastSampleRateHz: 1000,
  oneAttemptSec: 720,
  spanSec: 200,
  pieceSec: 100,
  prerollSec: 2,
  spanBytes: 64 * 2 ** 20,
  skipSec: 2400,
});

/** Masters up to this size are fetched before the attempt: twelve minutes of 16-bit stereo WAV are 127 MB. */
export const prefetchBytes = 128 * 2 ** 20;
