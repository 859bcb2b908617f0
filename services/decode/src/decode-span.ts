import { type AudioStream, openFfmpeg, type RunningFfmpeg } from "@segue/audio";
import { PermanentError } from "@segue/contracts";
import { bytesOf, canonicalSampleRateHz } from "@segue/dsp";
import { alignSpan } from "./align-span.ts";
import type { AudioSource, OpenedStretch } from "./audio-source.ts";
import { countNonFinite } from "./count-non-finite.ts";
import type { DecodeLimits } from "./decode-limits.ts";
import type { DecodeOptions } from "./decode-options.ts";
import { createSignal, type Signal, type SignalState } from "./measure-signal.ts";
import { isDecoderFailure, signalOutputArgs, signalSampleBytes, tolerantArgs } from "./pcm-output.ts";
import { isFloatPcm, type SignalPlan } from "./plan-signal.ts";
import { mixedPcm } from "./quantise.ts";
import { createBlockReader, createSampleReader, floatsOf, type SampleReader } from "./sample-reader.ts";

type ChildOptions = Omit<DecodeOptions, "maxDurationSec">;

export interface SpanRequest {
  readonly stream: AudioStream;
  readonly plan: SignalPlan;
  /** What the mix is multiplied by before it is rounded. */
  readonly gain: number;
  /** What has been measured up to the first piece that is made here; null at the beginning. */
  readonly signal: SignalState | null;
  /** Where the span begins in the output; a multiple of `spanSec`. */
  readonly startSec: number;
  /** Whole seconds by which the source's time stamps run ahead of its samples. */
  readonly shiftSec: number;
  /** What the output ends with before the span; empty at the beginning. */
  readonly tail: Buffer;
  /** Pieces of the span that are there already. */
  readonly skipPieces: number;
  /** Samples of the span that are NaN or infinite, and whether to look for more around it; null if not counted yet. */
  readonly nonFinite: SpanNonFinite | null;
  readonly spanSec: number;
  /** What the header says; null where it does not. */
  readonly declaredSec: number | null;
}

export interface SpanNonFinite {
  readonly count: number;
  readonly silence: boolean;
}

export interface SpanPiece {
  /** Canonical PCM: `pieceSec` of it, or what there is at the end of the audio. */
  readonly samples: Buffer;
  /** The K-weighted energy of each whole hop of it. */
  readonly energies: Float32Array;
  readonly signal: SignalState;
  readonly nonFinite: SpanNonFinite;
  /** With the span's last piece. */
  readonly end: SpanEnd | null;
}

export interface SpanEnd {
  /** The audio ends here. */
  readonly last: boolean;
  readonly errorLines: number;
  /** For the next span. */
  readonly shiftSec: number;
  /** Whether the span was found to continue what precedes it. */
  readonly verified: boolean;
}

/** Seconds that must follow a piece for it not to be the last; less is added to it. */
const lookaheadSec = 1;

/**
 * Decodes one span of a master, piece by piece, with one run of ffmpeg. What comes out depends on the master and the span
 * alone, never on where an earlier attempt was interrupted: that is why a span that was begun is decoded from its
 * beginning again, and the pieces that exist are skipped.
 */
export async function* decodeSpan(
  source: AudioSource,
  request: SpanRequest,
  limits: DecodeLimits,
  options: ChildOptions,
): AsyncGenerator<SpanPiece, void, undefined> {
  const bytesPerSec = canonicalSampleRateHz * signalFrameBytes(request);
  const signal = createSignal(request.plan, request.gain, request.signal);
  const span = await openSpan(source, request, limits, options);
  try {
    const { reader, nonFinite } = span;
    await reader.skip(request.skipPieces * limits.pieceSec * bytesPerSec);
    const pieces = request.spanSec / limits.pieceSec;
    for (let piece = request.skipPieces; piece < pieces; piece++) {
      const { last, ...made } = await makePiece(reader, request, signal, limits);
      if (!last && piece < pieces - 1) {
        yield { ...made, nonFinite, end: null };
        continue;
      }
      const { shiftSec, verified } = span;
      const errorLines = await span.finish();
      yield { ...made, nonFinite, end: { last, errorLines, shiftSec, verified } };
      return;
    }
  } finally {
    await span.close();
  }
}

/** Of what ffmpeg gives. */
function signalFrameBytes({ plan }: SpanRequest): number {
  return signalSampleBytes * plan.inputs;
}

/** Reads a piece a second at a time, and looks whether more follows: what is less than a second belongs to it. */
async function makePiece(
  reader: SampleReader,
  { plan }: SpanRequest,
  signal: Signal,
  { pieceSec }: DecodeLimits,
): Promise<Pick<SpanPiece, "samples" | "energies" | "signal"> & { readonly last: boolean }> {
  const samples: Uint8Array[] = [];
  const energies: number[] = [];
  const take = (block: Float32Array) => {
    const taken = signal.take(block);
    samples.push(bytesOf(taken.pcm));
    energies.push(...taken.energies);
  };
  const readBlock = createBlockReader(reader, plan.inputs);
  for (let sec = 0; sec < pieceSec; sec++) take(await readBlock());
  const next = await reader.read(lookaheadSec * canonicalSampleRateHz * signalSampleBytes * plan.inputs);
  const last = next.length < lookaheadSec * canonicalSampleRateHz * signalSampleBytes * plan.inputs;
  if (last) take(floatsOf(next, plan.inputs));
  else reader.unread(next);
  return {
    samples: Buffer.concat(samples),
    energies: Float32Array.from(energies),
    signal: signal.state(),
    last,
  };
}

interface OpenSpan {
  readonly run: RunningFfmpeg;
  readonly reader: SampleReader;
  readonly nonFinite: SpanNonFinite;
  readonly shiftSec: number;
  readonly verified: boolean;
  /** Reads to the end of the run; returns the errors that the decoder reported. */
  finish(): Promise<number>;
  close(): Promise<void>;
}

async function openSpan(
  source: AudioSource,
  request: SpanRequest,
  limits: DecodeLimits,
  options: ChildOptions,
): Promise<OpenSpan> {
  if (request.startSec === 0) {
    const place = { fromSec: 0, prerollSec: 0, quick: false };
    return { ...(await openAt(source, request, place, options)), shiftSec: 0, verified: true };
  }
  const quick =
    source.seeksQuickly && !mayEnd(request)
      ? await openAligned(source, request, limits, options, true)
      : null;
  const found = quick ?? (await openAligned(source, request, limits, options, false));
  if (found) return found;
  if (request.startSec > limits.skipSec) throw notEnterable(limits.skipSec);
  const place = { fromSec: 0, prerollSec: request.startSec, quick: false };
  const span = await openAt(source, request, place, options);
  await span.reader.skip(request.startSec * canonicalSampleRateHz * signalFrameBytes(request));
  return { ...span, shiftSec: 0, verified: true };
}

/** Encoders' padding is cut off the end by time stamps: there, these must be right. */
const endMarginSec = 30;

function mayEnd({ declaredSec, startSec, spanSec }: SpanRequest): boolean {
  return declaredSec === null || startSec + spanSec + endMarginSec > declaredSec;
}

/**
 * Opens a span a little before its beginning, and finds that by what precedes it.
 * @returns null if it is not found: after a quick seek, unless it is found beyond doubt; otherwise, if there is another way.
 */
async function openAligned(
  source: AudioSource,
  request: SpanRequest,
  { prerollSec, skipSec }: DecodeLimits,
  options: ChildOptions,
  quick: boolean,
): Promise<OpenSpan | null> {
  const { plan, gain } = request;
  const frameBytes = signalFrameBytes(request);
  const expectedFrames = prerollSec * canonicalSampleRateHz;
  const expected = expectedFrames * frameBytes;
  const fromSec = request.startSec + request.shiftSec - prerollSec;
  const span = await openAt(source, request, { fromSec, prerollSec, quick }, options);
  try {
    const head = await span.reader.read(2 * expected);
    // What is missing may be for want of the run, and not of audio.
    if (head.length < 2 * expected) await errorLinesOf(span.run);
    // Compared as they were written: the tail is.
    const written = Buffer.from(bytesOf(mixedPcm(plan, floatsOf(head, plan.inputs), gain)));
    const writtenFrameBytes = 2 * plan.mix.length;
    const found = alignSpan(written, request.tail, expectedFrames * writtenFrameBytes, writtenFrameBytes);
    const { match, unique } = found;
    const frame = found.at / writtenFrameBytes;
    const skippable = request.startSec <= skipSec || head.length <= expected;
    const isLost = quick ? !unique : match === "none" && !source.addressable && skippable;
    if (isLost) {
      await span.close();
      return null;
    }
    span.reader.unread(head.subarray(frame * frameBytes));
    // What a quick seek is off by says nothing about time stamps.
    const shiftFrames = quick ? 0 : frame - expectedFrames;
    const shiftSec = request.shiftSec + Math.round(shiftFrames / canonicalSampleRateHz);
    return { ...span, shiftSec, verified: match !== "none" };
  } catch (error) {
    await span.close();
    throw error;
  }
}

function notEnterable(limitSec: number): PermanentError {
  const message = `this file can only be decoded from its beginning, and that only up to ${limitSec} s`;
  return new PermanentError("too-long", message);
}

async function openAt(
  source: AudioSource,
  request: SpanRequest,
  { fromSec, prerollSec, quick }: { fromSec: number; prerollSec: number; quick: boolean },
  options: ChildOptions,
): Promise<Omit<OpenSpan, "shiftSec" | "verified">> {
  const { stream, plan, spanSec } = request;
  // Past the span: what an alignment may shift by, what the lookahead takes, and room for the resampler's filter.
  const forSec = 2 * prerollSec + spanSec + lookaheadSec + 1;
  const stretch = await source.open(fromSec, forSec);
  try {
    const nonFinite =
      request.nonFinite ?? (await countIn(stretch, stream, { prerollSec, spanSec, forSec }, options));
    const output = signalOutputArgs(stream, plan.inputs, nonFinite.silence, forSec);
    const args = [...tolerantArgs, ...stretch.inputArgs({ quick }), ...output];
    const run = await openFfmpeg(args, options);
    const reader = createSampleReader(run.stdout);
    return {
      run,
      reader,
      nonFinite,
      async finish() {
        await reader.drain();
        return errorLinesOf(run);
      },
      async close() {
        await run.stop();
        await stretch[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await stretch[Symbol.asyncDispose]();
    throw error;
  }
}

async function errorLinesOf(run: RunningFfmpeg): Promise<number> {
  try {
    return (await run.ended).errorLines;
  } catch (error) {
    // It gave up in the middle: what it decoded until then counts, as at any damage.
    if (isDecoderFailure(error)) return 1;
    throw error;
  }
}

async function countIn(
  stretch: OpenedStretch,
  stream: AudioStream,
  { prerollSec, spanSec, forSec }: { prerollSec: number; spanSec: number; forSec: number },
  options: ChildOptions,
): Promise<SpanNonFinite> {
  if (!isFloatPcm(stream)) return { count: 0, silence: false };
  const samplesPerSec = (stream.sampleRateHz ?? canonicalSampleRateHz) * (stream.channels ?? 2);
  const window = { start: prerollSec * samplesPerSec, end: (prerollSec + spanSec) * samplesPerSec };
  const { decoded, inWindow } = await countNonFinite(stretch.inputArgs(), forSec, options, window);
  return { count: inWindow, silence: decoded > 0 };
}
