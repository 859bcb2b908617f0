import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { canonicalSampleRateHz, type PcmInput, readPcmBlocks } from "@segue/audio";
import type { FactsOf, Loudness } from "@segue/contracts";
import type { Checkpoint, StepContext } from "@segue/step";
import { z } from "zod";
import { describeLoudness } from "./describe-loudness.ts";
import { createLoudnessMeter, hopsPerSec, type LoudnessMeter, MeterState } from "./loudness-meter.ts";

/** Four minutes: 42 MB of stereo, as much as one attempt does for an ordinary track. */
export const pieceSec = 240;
/** Half a megabyte of stereo. */
const blockSec = 3;

const Progress = z.object({ v: z.literal(1), pieces: z.int().positive(), meter: MeterState });

/**
 * The loudness of a `pcm` payload of any length. One that was fetched whole is measured in one go; any other in pieces, each of
 * which ends in a checkpoint and leaves its hops in a file (19 kB). Both give the same result to the bit.
 */
export async function* runLoudness(
  pcm: PcmInput,
  context: Pick<StepContext, "resumed" | "scratchDir" | "fetchFile" | "signal">,
  pieceLengthSec: number = pieceSec,
): AsyncGenerator<Checkpoint, FactsOf<typeof Loudness>, void> {
  const { sampleCount, channels } = pcm.facts;
  const resumed = context.resumed ? Progress.parse(context.resumed.state) : undefined;
  const meter = createLoudnessMeter({ channels, sampleRateHz: canonicalSampleRateHz }, resumed?.meter);
  const finish = (hops: Float64Array) => {
    meter.flush();
    return describeLoudness(hops, meter.state().truePeak);
  };
  if (pcm.path) return finish(await measureSpan(pcm, meter, 0, sampleCount, context.signal));

  const pieceFrames = pieceLengthSec * canonicalSampleRateHz;
  let pieces = resumed?.pieces ?? 0;
  while (pieces * pieceFrames < sampleCount) {
    const from = pieces * pieceFrames;
    const to = Math.min(sampleCount, from + pieceFrames);
    const hops = await measureSpan(pcm, meter, from, to, context.signal);
    const name = hopsFile(pieces);
    const path = join(context.scratchDir, name);
    await writeFile(path, new Uint8Array(hops.buffer));
    pieces++;
    yield { state: { v: 1, pieces, meter: meter.state() }, files: { [name]: path } };
  }
  const parts: Float64Array[] = [];
  for (let piece = 0; piece < pieces; piece++) parts.push(await readHops(context, hopsFile(piece)));
  return finish(concatenate(parts));
}

function hopsFile(piece: number): string {
  return `hops-${String(piece).padStart(6, "0")}`;
}

async function measureSpan(
  pcm: PcmInput,
  meter: LoudnessMeter,
  from: number,
  to: number,
  signal: AbortSignal,
): Promise<Float64Array> {
  const hops = new Float64Array(Math.floor(((to - from) * hopsPerSec) / canonicalSampleRateHz));
  let filled = 0;
  const span = { from, to, blockFrames: blockSec * canonicalSampleRateHz, signal };
  for await (const block of readPcmBlocks(pcm, span)) {
    const measured = meter.measure(block);
    hops.set(measured, filled);
    filled += measured.length;
  }
  return hops;
}

async function readHops({ fetchFile }: Pick<StepContext, "fetchFile">, name: string): Promise<Float64Array> {
  // A buffer of its own: small files come as parts of a shared pool, at any offset.
  return new Float64Array(Uint8Array.from(await readFile(await fetchFile(name))).buffer);
}

function concatenate(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
