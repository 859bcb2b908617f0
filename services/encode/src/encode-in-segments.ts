import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileUrl, runFfmpeg } from "@segue/audio";
import { type Aac, type FactsOf, type Json, type PcmFacts, Warning } from "@segue/contracts";
import { encodeWav, pieceNames, wavHeaderBytes, writeContents } from "@segue/dsp";
import type { Checkpoint, Resumption } from "@segue/step";
import { z } from "zod";
import { aacArgs, bitRateKbps } from "./aac-args.ts";
import { aacGainDb, levelArgs } from "./aac-level.ts";
import { type EncodeOptions, writeM4a } from "./encode-aac.ts";
import { measureTruePeak, toDbtp } from "./measure-aac.ts";
import {
  frameSamples,
  planSegments,
  type Segment,
  type SegmentSizes,
  segmentSizes,
} from "./plan-segments.ts";
import { splitAdts } from "./split-adts.ts";
import { writeM4aHeader } from "./write-m4a-header.ts";

/** What a segment needs of its track. */
export interface SegmentOptions extends Pick<EncodeOptions, "scratchDir" | "signal" | "onSpawn"> {
  readonly pcm: {
    readonly facts: z.infer<typeof PcmFacts>;
    /** Bytes of the canonical WAV, `endByte` excluded, in a file that is the caller's to remove. */
    fetchRange(startByte: number, endByte: number): Promise<string>;
  };
  readonly sizes?: SegmentSizes;
}

export interface JoinOptions extends SegmentOptions {
  /** What `encodeSegment` gave, of every segment. */
  readonly pieces: readonly Json[];
  /** Called once: where the cover comes from, null for none. */
  fetchMaster(): Promise<string | null>;
  readonly resumed: Resumption | null;
  composeOutput(names: readonly string[]): void;
}

const SegmentState = z.object({
  /** Bytes of each AAC frame: 16 bit, little-endian, base64. */
  frameBytes: z.string(),
  /** Magnitude; 1 is full scale. */
  truePeak: z.number(),
});
type SegmentState = z.infer<typeof SegmentState>;
/** With the header made, all that is left is to join files. */
const JoinState = z.object({
  hasCover: z.boolean(),
  warnings: z.array(Warning),
  headerBytes: z.int().positive(),
});

const headerName = "header";
const segmentName = pieceNames("segment", 4);

/** Encodes one segment of a track: a file of bare AAC frames. @throws {StepError} transient ones only. */
export async function encodeSegment(index: number, options: SegmentOptions): Promise<Checkpoint> {
  const segment = planSegments(options.pcm.facts.sampleCount, options.sizes ?? segmentSizes)[index];
  if (!segment) throw new RangeError(`there is no segment ${index}`);
  const path = join(options.scratchDir, segmentName(index));
  return { state: await writeSegment(options, segment, path), files: { [segmentName(index)]: path } };
}

/**
 * Makes of all segments what `encodeAac` makes of a track: writes the header, with tags, cover and where each frame lies,
 * and has storage join header and segments to the m4a. Memory and disk stay flat: two bytes a frame are all that is held.
 *
 * @throws {StepError} transient ones only.
 */
export async function* joinSegments(
  options: JoinOptions,
): AsyncGenerator<Checkpoint, FactsOf<typeof Aac>, void> {
  const { facts } = options.pcm;
  const segments = z.array(SegmentState).parse(options.pieces);
  const frameBytes = readFrameBytes(segments);
  let state = options.resumed ? JoinState.parse(options.resumed.state) : null;
  if (!state) {
    const templatePath = join(options.scratchDir, "template");
    const { hasCover, warnings } = await writeTemplate(options, templatePath);
    const header = writeM4aHeader(await readFile(templatePath), { ...facts, frameBytes });
    const files = await writeContents(options.scratchDir, { [headerName]: header });
    state = { hasCover, warnings, headerBytes: header.length };
    yield { state, files };
  }
  options.composeOutput([headerName, ...options.pieces.map((_, index) => segmentName(index))]);
  return {
    codec: "aac",
    bitRateKbps,
    sampleRateHz: facts.sampleRateHz,
    channels: facts.channels,
    durationSec: facts.durationSec,
    sizeBytes: state.headerBytes + frameBytes.reduce((sum, bytes) => sum + bytes, 0),
    hasCover: state.hasCover,
    gainDb: aacGainDb(facts),
    truePeakDbtp: toDbtp(Math.max(...segments.map(({ truePeak }) => truePeak))),
    warnings: state.warnings,
  };
}

/** An m4a of one frame of silence with all that is not audio: ffmpeg judges the cover and writes the tags. */
async function writeTemplate(options: JoinOptions, path: string) {
  const { sampleRateHz, channels, tags } = options.pcm.facts;
  const pcmPath = join(options.scratchDir, "silence.wav");
  await writeFile(pcmPath, encodeWav(new Int16Array(frameSamples * channels), { sampleRateHz, channels }));
  const masterPath = await options.fetchMaster();
  return writeM4a({ ...options, pcmPath, tags, masterPath, outPath: path });
}

/** Writes a segment's bare AAC frames into a file. */
async function writeSegment(options: SegmentOptions, segment: Segment, path: string): Promise<SegmentState> {
  const { sampleRateHz, channels } = options.pcm.facts;
  const byteOf = (sample: number) => wavHeaderBytes + sample * 2 * channels;
  const pcmPath = await options.pcm.fetchRange(byteOf(segment.startSample), byteOf(segment.endSample));
  const adtsPath = `${path}.adts`;
  // biome-ignore format: one group of options a line.
  await runFfmpeg([
    "-protocol_whitelist", "file,pipe", "-format_whitelist", "s16le", "-f", "s16le",
    "-ar", String(sampleRateHz), "-ac", String(channels), "-i", fileUrl(pcmPath),
    "-map", "0:a:0", "-map_metadata", "-1", ...levelArgs(options.pcm.facts), ...aacArgs, "-f", "adts", "-y", fileUrl(adtsPath),
  ], options);
  await rm(pcmPath);
  const encoded = splitAdts(await readFile(adtsPath));
  const { dropFrames, firstFrame, endFrame } = segment;
  const keptFrames = endFrame - firstFrame;
  const kept = encoded.slice(dropFrames, dropFrames + keptFrames);
  if (kept.length !== keptFrames) {
    throw new Error(
      `segment ${segment.index} needs frames ${firstFrame} to ${endFrame}; ` +
        `ffmpeg gave ${encoded.length} with ${dropFrames} to drop`,
    );
  }
  const span = { from: dropFrames * frameSamples, to: (dropFrames + keptFrames) * frameSamples };
  const truePeak = await measureTruePeak(adtsPath, channels, options, span);
  await rm(adtsPath);
  await writeFile(path, Buffer.concat(kept));
  const sizes = Buffer.alloc(2 * kept.length);
  kept.forEach((frame, i) => {
    sizes.writeUInt16LE(frame.length, 2 * i);
  });
  return { frameBytes: sizes.toString("base64"), truePeak };
}

function readFrameBytes(segments: readonly SegmentState[]): Uint16Array {
  const sizes = Buffer.concat(segments.map(({ frameBytes }) => Buffer.from(frameBytes, "base64")));
  return Uint16Array.from({ length: sizes.length / 2 }, (_, frame) => sizes.readUInt16LE(2 * frame));
}
