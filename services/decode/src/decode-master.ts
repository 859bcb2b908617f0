import {
  type AudioProbe,
  canonicalSampleRateHz,
  probeAudio,
  readTags,
  readWavInfo,
  readWavShortfall,
} from "@segue/audio";
import { type FactsOf, type Pcm, PermanentError } from "@segue/contracts";
import { countClippedSamples } from "./count-clipped-samples.ts";
import { countNonFinite, mayBeNonFinite } from "./count-non-finite.ts";
import { describeWarnings } from "./describe-warnings.ts";
import { writePcm } from "./write-pcm.ts";

export interface DecodeOptions {
  readonly signal?: AbortSignal;
  /** Called with the id of each child process, which leads its own process group. */
  readonly onSpawn?: (pid: number) => void;
  /** Longer audio ends as `too-long`. */
  readonly maxDurationSec: number;
  /** Wall time of each child process. */
  readonly timeoutMs: number;
}

/**
 * Decodes a master's first audio stream to canonical PCM at `outPath`: WAV, 44.1 kHz, 16 bit, mono or stereo as the
 * source is, anything above brought to stereo by a pinned downmix. What can be decoded of a damaged file is kept and
 * warned of.
 *
 * @returns what was found; the duration is counted from decoded samples.
 * @throws {PermanentError} `empty-file`, `not-audio`, `no-audio-stream`, `no-samples-decoded`, `unsupported-codec`,
 * `forbidden-input`, `too-long`. Anything else is transient.
 */
export async function decodeMaster(
  masterPath: string,
  outPath: string,
  options: DecodeOptions,
): Promise<FactsOf<typeof Pcm>> {
  const probe = await probeMaster(masterPath, options);
  const [stream] = probe.audioStreams;
  if (!stream) throw new PermanentError("no-audio-stream", "the file holds no audio stream");
  const nonFinite = mayBeNonFinite(stream) ? await countNonFinite(masterPath, options) : 0;
  const [errorLines, { tags, cover, problem }] = await Promise.all([
    writePcm(outPath, masterPath, stream, nonFinite > 0, options),
    readTags(masterPath),
  ]);

  const wav = await readWavInfo(outPath);
  if (wav.sampleCount === 0) {
    throw new PermanentError(
      "no-samples-decoded",
      `not one sample of the ${stream.codec} stream could be decoded`,
    );
  }
  if (wav.sampleCount > options.maxDurationSec * canonicalSampleRateHz) {
    throw new PermanentError("too-long", `the audio is longer than the limit of ${options.maxDurationSec} s`);
  }
  const clipped = await countClippedSamples(outPath, wav.channels);
  return {
    codec: stream.codec,
    container: probe.container,
    bitDepth: stream.bitDepth,
    bitRateKbps: stream.bitRateKbps ?? probe.bitRateKbps,
    sourceSampleRateHz: stream.sampleRateHz ?? wav.sampleRateHz,
    sourceChannels: stream.channels ?? wav.channels,
    channelLayout: stream.channelLayout,
    declaredDurationSec: probe.declaredDurationSec,
    durationSec: wav.durationSec,
    sampleCount: wav.sampleCount,
    sampleRateHz: wav.sampleRateHz,
    channels: wav.channels,
    tags: { ...tags },
    hasCover: cover !== null,
    warnings: describeWarnings({
      probe,
      stream,
      errorLines,
      nonFinite,
      tagsProblem: problem,
      durationSec: wav.durationSec,
      clippedRatio: clipped / (wav.sampleCount * wav.channels),
    }),
  };
}

async function probeMaster(masterPath: string, options: DecodeOptions): Promise<AudioProbe> {
  const probe = await probeAudio(masterPath, options);
  const { declaredDurationSec: foundSec } = probe;
  if (foundSec === null) return probe;
  const shortfall = await readWavShortfall(masterPath);
  if (shortfall === 1) return probe;
  return { ...probe, declaredDurationSec: foundSec * shortfall, durationEstimated: false };
}
