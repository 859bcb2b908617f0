import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileUrl, runFfmpeg } from "@segue/audio";
import { type Aac, type FactsOf, type Json, type PcmFacts, Warning } from "@segue/contracts";
import { encodeWav, makePieces, pieceNames, wavHeaderBytes, writeContents } from "@segue/dsp";
import type { Checkpoint, Resumption } from "@segue/step";
import { z } from "zod";
import { aacArgs, bitRateKbps } from "./aac-args.ts";
import { levelArgs } from "./aac-level.ts";
import { lowerFrames } from "./bitstream/lower-frames.ts";
import { type EncodeOptions, writeM4a } from "./encode-aac.ts";
import { holdPeak } from "./hold-peak.ts";
import { measureTruePeak } from "./measure-aac.ts";
import { edgeFrames, measureSeams } from "./measure-seams.ts";
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
  /** Where a file that a piece left can be read. */
  fetchFile(name: string): Promise<string>;
  composeOutput(names: readonly string[]): void;
}

const Frames = z.array(z.base64().transform((text) => Buffer.from(text, "base64")));
const SegmentState = z.object({
  /** Bytes of each AAC frame: 16 bit, little-endian, base64. */
  frameBytes: z.string(),
  /** Magnitude; 1 is full scale. */
  truePeak: z.number(),
  /** Frames, base64. */
  first: Frames,
  last: Frames,
});
/** With the header made, and the true peak of the whole known, all that is left is to lower segments, where that is needed, and to join files. */
const JoinState = z.object({
  hasCover: z.boolean(),
  warnings: z.array(Warning),
  headerBytes: z.int().positive(),
  truePeak: z.number(),
  /** Segments that have been lowered. */
  pieces: z.int().nonnegative(),
});
type JoinState = z.infer<typeof JoinState>;

const headerName = "header";
const segmentName = pieceNames("segment", 4);
const loweredName = pieceNames("lowered", 4);

/** Encodes one segment of a track: a file of bare AAC frames. @throws {StepError} transient ones only. */
export async function encodeSegment(index: number, options: SegmentOptions): Promise<Checkpoint> {
  const segment = planSegments(options.pcm.facts.sampleCount, options.sizes ?? segmentSizes)[index];
  if (!segment) throw new RangeError(`there is no segment ${index}`);
  const path = join(options.scratchDir, segmentName(index));
  return { state: await writeSegment(options, segment, path), files: { [segmentName(index)]: path } };
}

/**
 * Makes of all segments what `encodeAac` makes of a track: writes the header, with tags, cover and where each frame lies,
 * and has storage join header and segments to the m4a. Memory stays flat: two bytes a frame are all that is held. Where the whole decodes
 * past its ceiling, each segment is first lowered by as much: 1.1 MB that are read and written again.
 *
 * @throws {StepError} transient ones only.
 */
export async function* joinSegments(
  options: JoinOptions,
): AsyncGenerator<Checkpoint, FactsOf<typeof Aac>, void> {
  const { facts } = options.pcm;
  const segments = z.array(SegmentState).parse(options.pieces);
  const frameBytes = segments.map((segment) => readFrameBytes(segment.frameBytes));
  const allFrameBytes = Uint16Array.from(frameBytes.flatMap((bytes) => [...bytes]));
  let state = options.resumed ? JoinState.parse(options.resumed.state) : null;
  if (!state) {
    const templatePath = join(options.scratchDir, "template");
    const carried = await writeTemplate(options, templatePath);
    const header = writeM4aHeader(await readFile(templatePath), { ...facts, frameBytes: allFrameBytes });
    const files = await writeContents(options.scratchDir, { [headerName]: header });
    const seams = await measureSeams(segments, facts.channels, options);
    const truePeak = Math.max(seams, ...segments.map((segment) => segment.truePeak));
    state = { ...carried, headerBytes: header.length, truePeak, pieces: 0 };
    yield { state, files };
  }
  const held = holdPeak(facts, state.truePeak);
  if (held.steps > 0) state = yield* lowerSegments(options, state, frameBytes, held.steps);
  const name = held.steps > 0 ? loweredName : segmentName;
  options.composeOutput([headerName, ...segments.map((_, index) => name(index))]);
  return {
    codec: "aac",
    bitRateKbps,
    sampleRateHz: facts.sampleRateHz,
    channels: facts.channels,
    durationSec: facts.durationSec,
    sizeBytes: state.headerBytes + allFrameBytes.reduce((sum, bytes) => sum + bytes, 0),
    hasCover: state.hasCover,
    ...held.facts,
    warnings: state.warnings,
  };
}

/** One gain for all of them: it is known only when the last one is encoded. */
function lowerSegments(
  { scratchDir, fetchFile }: JoinOptions,
  from: JoinState,
  frameBytes: readonly Uint16Array[],
  steps: number,
): AsyncGenerator<Checkpoint, JoinState, void> {
  return makePieces<JoinState>({
    from,
    count: frameBytes.length,
    name: loweredName,
    scratchDir,
    async make(piece) {
      const contents = await readFile(await fetchFile(segmentName(piece)));
      lowerFrames(contents, frameBytes[piece] ?? [], steps);
      return { contents };
    },
  });
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
async function writeSegment(options: SegmentOptions, segment: Segment, path: string): Promise<Json> {
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
  const truePeak = await measureTruePeak(adtsPath, channels, options, [span]);
  await rm(adtsPath);
  await writeFile(path, Buffer.concat(kept));
  const sizes = Buffer.alloc(2 * kept.length);
  kept.forEach((frame, i) => {
    sizes.writeUInt16LE(frame.length, 2 * i);
  });
  const text = (frames: readonly Buffer[]) => frames.map((frame) => frame.toString("base64"));
  const [first, last] = [text(kept.slice(0, edgeFrames)), text(kept.slice(-edgeFrames))];
  return { frameBytes: sizes.toString("base64"), truePeak, first, last };
}

function readFrameBytes(text: string): Uint16Array {
  const sizes = Buffer.from(text, "base64");
  return Uint16Array.from({ length: sizes.length / 2 }, (_, frame) => sizes.readUInt16LE(2 * frame));
}
