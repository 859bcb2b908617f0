import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { canonicalSampleRateHz, encodeWavHeader, type ReadTags } from "@segue/audio";
import type { FactsOf, Pcm } from "@segue/contracts";
import type { Checkpoint } from "@segue/step";
import type { AudioSource } from "./audio-source.ts";
import { countClippedIn } from "./count-clipped-samples.ts";
import type { DecodeLimits } from "./decode-limits.ts";
import { firstStream, nothingDecoded, tooLong } from "./decode-master.ts";
import type { DecodeOptions } from "./decode-options.ts";
import { decodeSpan, frameBytesOf, type SpanPiece } from "./decode-span.ts";
import { describeFacts } from "./describe-facts.ts";
import type { LongState } from "./long-state.ts";

/** Samples that a span's beginning is compared with: 93 ms. */
const tailFrames = 4096;
const headerFile = "header";

export interface LongDecoding {
  readonly source: AudioSource;
  readonly scratchDir: string;
  readonly limits: DecodeLimits;
  readonly options: Omit<DecodeOptions, "maxDurationSec">;
  readTags(): Promise<ReadTags>;
  composeOutput(names: readonly string[]): void;
}

/**
 * Decodes a master of any length to the same PCM as `decodeMaster`, as pieces that storage joins. Yields after each; the
 * file that comes last is the header, which comes first in the whole.
 *
 * The master is decoded in spans, each by a run of ffmpeg of its own that begins a little earlier; where a span begins
 * depends on nothing but its number, so the result is the same however often the work was interrupted. A span's beginning
 * is compared with what the span before it ended with.
 */
export async function* decodeLong(
  begun: LongState,
  decoding: LongDecoding,
): AsyncGenerator<Checkpoint, FactsOf<typeof Pcm>, void> {
  const { limits, scratchDir } = decoding;
  const stream = firstStream(begun.probe);
  let state = begun;
  while (state.phase === "decoding") {
    const request = { ...spanOf(state), stream };
    for await (const piece of decodeSpan(decoding.source, request, limits, decoding.options)) {
      const name = pieceFile(state.pieces);
      state = advance(state, piece, frameBytesOf(stream));
      if (state.frames > limits.durationSec * canonicalSampleRateHz) throw tooLong(limits.durationSec);
      if (piece.samples.length === 0) continue;
      const path = join(scratchDir, name);
      await writeFile(path, piece.samples);
      yield { state, files: { [name]: path } };
    }
  }
  if (state.frames === 0) throw nothingDecoded(stream);
  const channels = frameBytesOf(stream) / 2;
  if (state.phase === "decoded") {
    const path = join(scratchDir, headerFile);
    const format = { sampleRateHz: canonicalSampleRateHz, channels };
    await writeFile(path, encodeWavHeader(state.frames * frameBytesOf(stream), format));
    state = { ...state, phase: "header-written" };
    yield { state, files: { [headerFile]: path } };
  }
  decoding.composeOutput([headerFile, ...Array.from({ length: state.pieces }, (_, i) => pieceFile(i))]);
  return describeFacts(state.probe, stream, { ...state, channels }, await decoding.readTags());
}

function pieceFile(number: number): string {
  return `pcm-${String(number).padStart(6, "0")}`;
}

function spanOf(state: LongState) {
  return {
    spanSec: state.spanSec,
    startSec: state.spansDone * state.spanSec,
    shiftSec: state.shiftSec,
    tail: Buffer.from(state.tail, "base64"),
    skipPieces: state.piecesOfSpan,
    nonFinite: state.spanNonFinite,
    declaredSec: state.probe.declaredDurationSec,
  };
}

function advance(state: LongState, { samples, nonFinite, end }: SpanPiece, frameBytes: number): LongState {
  const view = new Int16Array(samples.buffer, samples.byteOffset, samples.length / 2);
  const counted = {
    ...state,
    pieces: state.pieces + (samples.length > 0 ? 1 : 0),
    frames: state.frames + samples.length / frameBytes,
    clipped: state.clipped + countClippedIn(view, frameBytes / 2),
  };
  if (!end) return { ...counted, piecesOfSpan: state.piecesOfSpan + 1, spanNonFinite: nonFinite };
  return {
    ...counted,
    spansDone: state.spansDone + 1,
    piecesOfSpan: 0,
    spanNonFinite: null,
    tail: samples.subarray(-tailFrames * frameBytes).toString("base64"),
    shiftSec: end.shiftSec,
    errorLines: state.errorLines + end.errorLines,
    nonFinite: state.nonFinite + nonFinite.count,
    unverifiedJoins: state.unverifiedJoins + (end.verified ? 0 : 1),
    phase: end.last ? "decoded" : "decoding",
  };
}
