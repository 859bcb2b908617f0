import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeWav, fileUrl, runFfmpeg } from "@segue/audio";
import { type Aac, type FactsOf, type PcmFacts, Warning } from "@segue/contracts";
import type { Checkpoint, Resumption } from "@segue/step";
import { z } from "zod";
import { aacArgs, bitRateKbps } from "./aac-args.ts";
import { type EncodeOptions, writeM4a } from "./encode-aac.ts";
import {
  frameSamples,
  planSegments,
  type Segment,
  type SegmentSizes,
  segmentSizes,
} from "./plan-segments.ts";
import { splitAdts } from "./split-adts.ts";
import { writeM4aHeader } from "./write-m4a-header.ts";

export interface SegmentedEncodeOptions
  extends Omit<EncodeOptions, "pcmPath" | "masterPath" | "outPath" | "tags"> {
  readonly pcm: {
    readonly facts: z.infer<typeof PcmFacts>;
    /** Bytes of the canonical WAV, `endByte` excluded, in a file that is the caller's to remove. */
    fetchRange(startByte: number, endByte: number): Promise<string>;
  };
  /** Called once, when the track is begun: where the cover comes from, null for none. */
  fetchMaster(): Promise<string | null>;
  readonly resumed: Resumption | null;
  fetchFile(name: string): Promise<string>;
  composeOutput(names: readonly string[]): void;
  readonly sizes?: SegmentSizes;
}

/** Between two pieces: everything that the header needs and that is not in a file. */
const State = z.object({
  hasCover: z.boolean(),
  warnings: z.array(Warning),
  /** Bytes of each AAC frame, for every segment so far: 16 bit, little-endian, base64. */
  segments: z.array(z.string()),
  /** Null until the header is made. */
  headerBytes: z.int().positive().nullable(),
});
type State = z.infer<typeof State>;

const templateName = "template";
const headerName = "header";
const segmentName = (index: number) => `segment-${String(index).padStart(4, "0")}`;

const beginning: State = { hasCover: false, warnings: [], segments: [], headerBytes: null };

/** Canonical WAV: samples begin here. */
const wavHeaderBytes = 44;

/**
 * `encodeAac` for any length, in pieces of about a second: first a template that holds the tags and the cover, then the
 * segments' bare AAC frames, at last the header that tells where each frame lies. Storage joins header and segments to
 * the m4a. Memory and disk stay flat: a segment is all that is held, but for two bytes a frame.
 *
 * @throws {StepError} transient ones only.
 */
export async function* encodeInSegments(
  options: SegmentedEncodeOptions,
): AsyncGenerator<Checkpoint, FactsOf<typeof Aac>, void> {
  const { facts } = options.pcm;
  const plan = planSegments(facts.sampleCount, options.sizes ?? segmentSizes);
  let state: State = options.resumed ? State.parse(options.resumed.state) : beginning;
  if (!options.resumed) {
    const path = join(options.scratchDir, templateName);
    state = { ...state, ...(await writeTemplate(options, path)) };
    yield { state, files: { [templateName]: path } };
  }
  for (const segment of plan.slice(state.segments.length)) {
    const path = join(options.scratchDir, segmentName(segment.index));
    state = { ...state, segments: [...state.segments, await writeSegment(options, segment, path)] };
    yield { state, files: { [segmentName(segment.index)]: path } };
  }
  const frameBytes = readFrameBytes(state.segments);
  if (state.headerBytes === null) {
    const path = join(options.scratchDir, headerName);
    const template = await readFile(await options.fetchFile(templateName));
    const header = writeM4aHeader(template, { ...facts, frameBytes });
    await writeFile(path, header);
    state = { ...state, headerBytes: header.length };
    yield { state, files: { [headerName]: path } };
  }
  options.composeOutput([headerName, ...plan.map(({ index }) => segmentName(index))]);
  return {
    codec: "aac",
    bitRateKbps,
    sampleRateHz: facts.sampleRateHz,
    channels: facts.channels,
    durationSec: facts.durationSec,
    sizeBytes: (state.headerBytes ?? 0) + frameBytes.reduce((sum, bytes) => sum + bytes, 0),
    hasCover: state.hasCover,
    warnings: state.warnings,
  };
}

/** An m4a of one frame of silence with all that is not audio: ffmpeg judges the cover and writes the tags. */
async function writeTemplate(options: SegmentedEncodeOptions, path: string) {
  const { sampleRateHz, channels, tags } = options.pcm.facts;
  const pcmPath = join(options.scratchDir, "silence.wav");
  await writeFile(pcmPath, encodeWav(new Int16Array(frameSamples * channels), { sampleRateHz, channels }));
  const masterPath = await options.fetchMaster();
  return writeM4a({ ...options, pcmPath, tags, masterPath, outPath: path });
}

/** Writes a segment's bare AAC frames into a file. Returns their sizes as the state keeps them. */
async function writeSegment(
  options: SegmentedEncodeOptions,
  segment: Segment,
  path: string,
): Promise<string> {
  const { sampleRateHz, channels } = options.pcm.facts;
  const byteOf = (sample: number) => wavHeaderBytes + sample * 2 * channels;
  const pcmPath = await options.pcm.fetchRange(byteOf(segment.startSample), byteOf(segment.endSample));
  const adtsPath = `${path}.adts`;
  // biome-ignore format: one group of options a line.
  await runFfmpeg([
    "-protocol_whitelist", "file,pipe", "-format_whitelist", "s16le", "-f", "s16le",
    "-ar", String(sampleRateHz), "-ac", String(channels), "-i", fileUrl(pcmPath),
    "-map", "0:a:0", "-map_metadata", "-1", ...aacArgs, "-f", "adts", "-y", fileUrl(adtsPath),
  ], options);
  await rm(pcmPath);
  const encoded = splitAdts(await readFile(adtsPath));
  await rm(adtsPath);
  const kept = encoded.slice(segment.dropFrames, segment.dropFrames + segment.endFrame - segment.firstFrame);
  if (kept.length !== segment.endFrame - segment.firstFrame) {
    throw new Error(
      `segment ${segment.index} needs frames ${segment.firstFrame} to ${segment.endFrame}; ` +
        `ffmpeg gave ${encoded.length} with ${segment.dropFrames} to drop`,
    );
  }
  await writeFile(path, Buffer.concat(kept));
  const sizes = Buffer.alloc(2 * kept.length);
  kept.forEach((frame, i) => {
    sizes.writeUInt16LE(frame.length, 2 * i);
  });
  return sizes.toString("base64");
}

function readFrameBytes(segments: readonly string[]): Uint16Array {
  const sizes = Buffer.concat(segments.map((segment) => Buffer.from(segment, "base64")));
  return Uint16Array.from({ length: sizes.length / 2 }, (_, frame) => sizes.readUInt16LE(2 * frame));
}
