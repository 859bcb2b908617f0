import type { AudioStream, ReadTags } from "@segue/audio";
import type { FactsOf, Pcm } from "@segue/contracts";
import {
  bytesOf,
  canonicalSampleRateHz,
  encodeEnergiesHead,
  encodeWavHeader,
  energiesRange,
  pieceNames,
  writeContents,
} from "@segue/dsp";
import type { Checkpoint } from "@segue/step";
import type { AudioSource } from "./audio-source.ts";
import type { DecodeLimits } from "./decode-limits.ts";
import { firstStream, nothingDecoded, tooLong } from "./decode-master.ts";
import type { DecodeOptions } from "./decode-options.ts";
import { decodeSpan, type SpanPiece } from "./decode-span.ts";
import { describeFacts } from "./describe-facts.ts";
import { beginLong, type LongState } from "./long-state.ts";
import { gainThatFits } from "./measure-signal.ts";
import { planSignal, type SignalPlan } from "./plan-signal.ts";

/** Samples that a span's beginning is compared with: 93 ms. */
const tailFrames = 4096;
const headerFile = "header";
/** What stands between the samples and their energies. */
const energiesHeadFile = "energies-head";

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
  const stream = firstStream(begun.probe);
  const plan = planSignal(stream);
  let state = yield* decodePieces(begun, stream, plan, decoding);
  // Where the peak lies is known only at the end: in the rare case that the headroom was too little, all is done again.
  const gain = state.round === 0 ? gainThatFits(state.signal?.peak ?? 0, plan) : null;
  if (gain !== null) {
    state = yield* decodePieces(beginLong({ ...state, gain, round: 1 }), stream, plan, decoding);
  }
  if (state.frames === 0) throw nothingDecoded(stream);
  const { sampleRateHz, channels } = { sampleRateHz: canonicalSampleRateHz, channels: plan.mix.length };
  if (state.phase === "decoded") {
    const dataBytes = state.frames * 2 * channels;
    const { start, end } = energiesRange({ sampleCount: state.frames, channels });
    const head = encodeEnergiesHead(0);
    const contents = {
      [headerFile]: encodeWavHeader(dataBytes, { sampleRateHz, channels }, end - start),
      [energiesHeadFile]: encodeEnergiesHead((end - start - head.length) / 4),
    };
    const files = await writeContents(decoding.scratchDir, contents);
    state = { ...state, phase: "header-written" };
    yield { state, files };
  }
  const { pieces, round, signal } = state;
  const all = (name: (piece: number, round: number) => string) =>
    Array.from({ length: pieces }, (_, piece) => name(piece, round));
  decoding.composeOutput([headerFile, ...all(pieceFile), energiesHeadFile, ...all(energiesFile)]);
  if (signal === null) throw nothingDecoded(stream);
  return describeFacts(state.probe, stream, plan, { ...state, signal }, await decoding.readTags());
}

/** Until all spans are decoded. */
async function* decodePieces(
  begun: LongState,
  stream: AudioStream,
  plan: SignalPlan,
  { source, scratchDir, limits, options }: LongDecoding,
): AsyncGenerator<Checkpoint, LongState, void> {
  let state = begun;
  while (state.phase === "decoding") {
    const request = { ...spanOf(state), stream, plan };
    for await (const piece of decodeSpan(source, request, limits, options)) {
      const { pieces, round } = state;
      state = advance(state, piece, 2 * plan.mix.length);
      if (state.frames > limits.durationSec * canonicalSampleRateHz) throw tooLong(limits.durationSec);
      if (piece.samples.length === 0) continue;
      const contents = {
        [pieceFile(pieces, round)]: piece.samples,
        [energiesFile(pieces, round)]: bytesOf(piece.energies),
      };
      const files = await writeContents(scratchDir, contents);
      yield { state, files };
    }
  }
  return state;
}

function pieceFile(number: number, round: number): string {
  return pieceNames(`pcm-${round}`, 6)(number);
}

function energiesFile(number: number, round: number): string {
  return pieceNames(`energies-${round}`, 6)(number);
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
    gain: state.gain,
    signal: state.signal,
  };
}

function advance(state: LongState, piece: SpanPiece, frameBytes: number): LongState {
  const { samples, nonFinite, signal, end } = piece;
  const counted = {
    ...state,
    pieces: state.pieces + (samples.length > 0 ? 1 : 0),
    frames: state.frames + samples.length / frameBytes,
    signal,
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
