import { type FileHandle, open } from "node:fs/promises";
import { type AudioStream, openFfmpeg } from "@segue/audio";
import {
  bytesOf,
  canonicalSampleRateHz,
  encodeEnergiesHead,
  encodeWavHeader,
  wavHeaderBytes,
} from "@segue/dsp";
import type { DecodeOptions } from "./decode-options.ts";
import { createSignal, type SignalState } from "./measure-signal.ts";
import { explainDecoderFailure, signalOutputArgs, tolerantArgs } from "./pcm-output.ts";
import type { SignalPlan } from "./plan-signal.ts";
import { createBlockReader, createSampleReader } from "./sample-reader.ts";

/** A decoding under way: what is decoded of which stream, and at which gain it is written. */
export interface PcmSource {
  /** ffmpeg's arguments up to and with `-i`. */
  readonly input: readonly string[];
  readonly stream: AudioStream;
  readonly plan: SignalPlan;
  readonly gain: number;
  readonly hasNonFinite: boolean;
}

export interface WrittenPcm {
  /** Samples per channel. */
  readonly frames: number;
  readonly signal: SignalState;
  /** How many errors the decoder reported on the way. */
  readonly errorLines: number;
}

/**
 * Decodes the first audio stream to canonical PCM with its energies, a second past the longest duration allowed at the most.
 * @throws {PermanentError} `unsupported-codec`, or `no-samples-decoded` if the decoder gave up on the stream.
 */
export async function writePcm(
  outPath: string,
  source: PcmSource,
  options: DecodeOptions,
): Promise<WrittenPcm> {
  const { input, stream, plan, hasNonFinite } = source;
  const output = signalOutputArgs(stream, plan.inputs, hasNonFinite, options.maxDurationSec + 1);
  const run = await openFfmpeg([...tolerantArgs, ...input, ...output], options);
  const file = await open(outPath, "w");
  try {
    const written = await writeSamples(file, createSampleReader(run.stdout), source);
    const { errorLines } = await run.ended;
    return { ...written, errorLines };
  } catch (error) {
    throw explainDecoderFailure(error, stream);
  } finally {
    await run.stop();
    await file.close();
  }
}

async function writeSamples(
  file: FileHandle,
  reader: ReturnType<typeof createSampleReader>,
  { plan, gain }: PcmSource,
): Promise<Omit<WrittenPcm, "errorLines">> {
  const signal = createSignal(plan, gain, null);
  const energies: Float32Array[] = [];
  const channels = plan.mix.length;
  let at = wavHeaderBytes;
  const write = async (bytes: Uint8Array) => {
    // A disk that gets full takes a part first.
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at);
      done += bytesWritten;
      at += bytesWritten;
    }
  };
  const readBlock = createBlockReader(reader, plan.inputs);
  for (let block = await readBlock(); block.length > 0; block = await readBlock()) {
    const taken = signal.take(block);
    energies.push(taken.energies);
    await write(bytesOf(taken.pcm));
  }
  const dataBytes = at - wavHeaderBytes;
  await write(encodeEnergiesHead(energies.reduce((sum, { length }) => sum + length, 0)));
  await write(Buffer.concat(energies.map((values) => bytesOf(values))));
  const tailBytes = at - wavHeaderBytes - dataBytes;
  const format = { sampleRateHz: canonicalSampleRateHz, channels };
  await file.write(encodeWavHeader(dataBytes, format, tailBytes), 0, wavHeaderBytes, 0);
  return { frames: dataBytes / (2 * channels), signal: signal.state() };
}
