import { open } from "node:fs/promises";
import {
  type AudioProbe,
  type AudioStream,
  inputOf,
  type PcmLayout,
  probeAudio,
  readPcmLayout,
  readTags,
  readWavShortfall,
} from "@segue/audio";
import { type FactsOf, type Pcm, PermanentError } from "@segue/contracts";
import { canonicalSampleRateHz } from "@segue/dsp";
import { isAddressable } from "./audio-source.ts";
import { checkSignature } from "./check-signature.ts";
import { countNonFinite } from "./count-non-finite.ts";
import { decodeLimits } from "./decode-limits.ts";
import type { DecodeOptions } from "./decode-options.ts";
import { describeFacts } from "./describe-facts.ts";
import { gainThatFits } from "./measure-signal.ts";
import { isFloatPcm, planSignal } from "./plan-signal.ts";
import { type PcmSource, type WrittenPcm, writePcm } from "./write-pcm.ts";

/**
 * Decodes a master's first audio stream to canonical PCM at `outPath`, in one go: WAV, 44.1 kHz, 16 bit, mono or stereo as
 * the source is, anything above brought to stereo by a pinned downmix; nothing is cut off at full scale. What can be decoded of a
 * damaged file is kept and warned of.
 *
 * @param probed what `probeMaster` found, if it has been asked.
 * @returns what was found; the duration is counted from decoded samples.
 * @throws {PermanentError} `empty-file`, `not-audio`, `no-audio-stream`, `no-samples-decoded`, `unsupported-codec`,
 * `forbidden-input`, `too-long`. Anything else is transient.
 */
export async function decodeMaster(
  masterPath: string,
  outPath: string,
  options: DecodeOptions,
  probed?: AudioProbe,
): Promise<FactsOf<typeof Pcm>> {
  const probe = probed ?? (await probeMaster(masterPath, options));
  const stream = firstStream(probe);
  const input = inputOf(masterPath, probe.skipBytes);
  const nonFinite = isFloatPcm(stream) ? await countAll(input, options) : 0;
  const plan = planSignal(stream);
  const source = { input, stream, plan, gain: plan.headroom, hasNonFinite: nonFinite > 0 };
  const [{ gain, ...written }, readTagsResult] = await Promise.all([
    writeThatFits(outPath, source, options),
    readTags(masterPath),
  ]);
  const counts = { ...written, gain, nonFinite, unverifiedJoins: 0 };
  // What frames tell by themselves says enough.
  const looksWhole = written.errorLines === 0 && probe.damage === null;
  const durationSec = written.frames / canonicalSampleRateHz;
  const damage = looksWhole ? await checkSignature(masterPath, input, durationSec, options) : probe.damage;
  return describeFacts({ ...probe, damage }, stream, plan, counts, readTagsResult);
}

/** Written again in the rare case that the headroom was too little: where the peak lies is known only at the end. */
async function writeThatFits(
  outPath: string,
  source: PcmSource,
  options: DecodeOptions,
): Promise<WrittenPcm & { readonly gain: number }> {
  const written = await writePcm(outPath, source, options);
  if (written.frames === 0) throw nothingDecoded(source.stream);
  if (written.frames > options.maxDurationSec * canonicalSampleRateHz) throw tooLong(options.maxDurationSec);
  const gain = gainThatFits(written.signal.peak, source.plan);
  if (gain === null) return { ...written, gain: source.gain };
  return { ...(await writePcm(outPath, { ...source, gain }, options)), gain };
}

export function nothingDecoded(stream: AudioStream): PermanentError {
  const message = `not one sample of the ${stream.codec} stream could be decoded`;
  return new PermanentError("no-samples-decoded", message);
}

export function tooLong(limitSec: number): PermanentError {
  return new PermanentError("too-long", `the audio is longer than the limit of ${limitSec} s`);
}

/** @throws {PermanentError} `no-audio-stream`, or `unsupported-codec` for what no audio is: see `decodeLimits`. */
export function firstStream({ audioStreams }: AudioProbe): AudioStream {
  const [stream] = audioStreams;
  if (!stream) throw new PermanentError("no-audio-stream", "the file holds no audio stream");
  const { channels, leastSampleRateHz } = decodeLimits;
  if (stream.channels !== null && stream.channels > channels) {
    const message = `the stream has ${stream.channels} channels; the limit is ${channels}`;
    throw new PermanentError("unsupported-codec", message);
  }
  if (stream.sampleRateHz !== null && stream.sampleRateHz < leastSampleRateHz) {
    const message = `the sample rate is ${stream.sampleRateHz} Hz; the least is ${leastSampleRateHz} Hz`;
    throw new PermanentError("unsupported-codec", message);
  }
  return stream;
}

async function countAll(input: readonly string[], options: DecodeOptions): Promise<number> {
  return (await countNonFinite(input, options.maxDurationSec + 1, options)).decoded;
}

/** What the headers say, corrected where ffmpeg takes a file's size for what its header declares. */
export async function probeMaster(
  masterPath: string,
  options: Omit<DecodeOptions, "maxDurationSec">,
): Promise<AudioProbe> {
  const probe = await probeAudio(masterPath, options);
  const layout = await readLayoutOf(masterPath);
  if (layout && isAddressable(layout, firstStream(probe))) {
    return { ...probe, declaredDurationSec: layout.declaredDurationSec, durationEstimated: false };
  }
  const { declaredDurationSec: foundSec } = probe;
  if (foundSec === null) return probe;
  const shortfall = await readWavShortfall(masterPath);
  if (shortfall === 1) return probe;
  return { ...probe, declaredDurationSec: foundSec * shortfall, durationEstimated: false };
}

async function readLayoutOf(path: string): Promise<PcmLayout | null> {
  const file = await open(path, "r");
  try {
    const read = async (startByte: number, endByte: number) => {
      const bytes = Buffer.alloc(endByte - startByte);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, startByte);
      return bytes.subarray(0, bytesRead);
    };
    return await readPcmLayout(read, (await file.stat()).size);
  } finally {
    await file.close();
  }
}
