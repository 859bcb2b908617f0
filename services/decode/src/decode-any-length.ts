import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type AudioProbe, countWavPackFrames, type PcmLayout, readPcmLayout, readTags } from "@segue/audio";
import { type FactsOf, type Pcm, PermanentError, StepError } from "@segue/contracts";
import type { Checkpoint, Input, StepContext } from "@segue/step";
import { type AudioSource, isAddressable, pcmRangeSource, wholeFileSource } from "./audio-source.ts";
import { type DecodeLimits, decodeLimits } from "./decode-limits.ts";
import { decodeLong } from "./decode-long.ts";
import { decodeMaster, firstStream, probeMaster, tooLong } from "./decode-master.ts";
import type { DecodeOptions } from "./decode-options.ts";
import { beginLong, type LongState, parseLongState } from "./long-state.ts";
import { fetchTagPart, headOfPcm } from "./pcm-parts.ts";
import { planSignal } from "./plan-signal.ts";
import { describeFrameDamage, type RepairedMaster, repairMaster } from "./repair-master.ts";

type Master = Pick<Input, "path" | "sizeBytes" | "fetch" | "fetchRange">;
type Context = Pick<
  StepContext,
  "signal" | "onSpawn" | "outputPath" | "scratchDir" | "resumed" | "composeOutput"
>;
type ChildOptions = Omit<DecodeOptions, "maxDurationSec">;

/**
 * Decodes a master of any length: a short one at once, into one file; a longer one piece by piece. Compressed masters are
 * fetched as a whole, uncompressed ones in ranges.
 *
 * @throws {PermanentError} as `decodeMaster`, and `too-large`.
 */
export async function* decodeAnyLength(
  master: Master,
  context: Context,
  limits: DecodeLimits = decodeLimits,
): AsyncGenerator<Checkpoint, FactsOf<typeof Pcm>, void> {
  const options: ChildOptions = { signal: context.signal, onSpawn: context.onSpawn };
  if (context.resumed) {
    const state = parseLongState(context.resumed.state);
    const path = state.layout ? "" : (await wholeMaster(master, context)).path;
    return yield* goOn(state, path, master, context, limits, options);
  }
  const found = await lookAt(master, context, limits, options);
  const { probe, layout, path } = found;
  const declaredSec = probe.declaredDurationSec;
  if (layout && layout.dataBytes / layout.frameBytes > limits.durationSec * layout.sampleRateHz) {
    throw tooLong(limits.durationSec);
  }
  if (path) await refuseLongWavPack(path, probe, limits.durationSec);
  const { inputs, headroom } = planSignal(firstStream(probe));
  const oneAttemptSec = secOfChannels(limits.oneAttemptSec, inputs);
  if (path && (declaredSec === null || declaredSec <= oneAttemptSec)) {
    const facts = await decodeAtOnce(path, probe, context, { ...limits, oneAttemptSec }, options);
    if (facts) return facts;
  }
  const spanSec = spanSecOf(layout, inputs, limits);
  const state = beginLong({ probe, layout, spanSec, gain: headroom, round: 0 });
  return yield* goOn(state, path, master, context, limits, options);
}

interface Found {
  readonly probe: AudioProbe;
  readonly layout: PcmLayout | null;
  /** The whole master; empty where only ranges of it are read. */
  readonly path: string;
}

async function wholeMaster(master: Master, { scratchDir }: Context): Promise<RepairedMaster> {
  return repairMaster(master.path || (await master.fetch()), scratchDir);
}

async function lookAt(
  master: Master,
  context: Context,
  limits: DecodeLimits,
  options: ChildOptions,
): Promise<Found> {
  if (master.path) return lookAtWhole(master, context, options);
  const layout = await readPcmLayout(async (startByte, endByte) => {
    const part = await master.fetchRange(startByte, endByte);
    try {
      return await readFile(part);
    } finally {
      await rm(part, { force: true });
    }
  }, master.sizeBytes);
  if (layout && master.sizeBytes <= limits.pcmMasterBytes) {
    const head = await headOfPcm(master, layout);
    const probe = await probeMaster((await repairMaster(head, context.scratchDir)).path, options);
    await rm(head, { force: true });
    if (isAddressable(layout, firstStream(probe))) {
      const declaredDurationSec = layout.declaredDurationSec;
      return { probe: { ...probe, declaredDurationSec, durationEstimated: false }, layout, path: "" };
    }
  }
  if (master.sizeBytes > limits.wholeMasterBytes) throw tooLarge(master.sizeBytes, limits);
  return lookAtWhole(master, context, options);
}

async function lookAtWhole(master: Master, context: Context, options: ChildOptions): Promise<Found> {
  const { path, damage } = await wholeMaster(master, context);
  const probe = await probeMaster(path, options);
  return {
    probe: { ...probe, damage: damage ?? (await describeFrameDamage(path, probe)) },
    layout: null,
    path,
  };
}

function tooLarge(sizeBytes: number, limits: DecodeLimits): PermanentError {
  const mib = (bytes: number) => Math.round(bytes / 2 ** 20);
  const message = `the file has ${mib(sizeBytes)} MiB; the limit is ${mib(limits.wholeMasterBytes)} MiB, or ${mib(limits.pcmMasterBytes)} MiB for uncompressed audio`;
  return new PermanentError("too-large", message);
}

/** Null: it is longer than its header says, and than one attempt may take. */
async function decodeAtOnce(
  path: string,
  probe: AudioProbe,
  { outputPath }: Context,
  limits: DecodeLimits,
  options: ChildOptions,
): Promise<FactsOf<typeof Pcm> | null> {
  const maxDurationSec = Math.min(limits.oneAttemptSec, limits.durationSec);
  try {
    return await decodeMaster(path, outputPath, { ...options, maxDurationSec }, probe);
  } catch (error) {
    if (!(error instanceof StepError) || error.code !== "too-long") throw error;
    await rm(outputPath, { force: true });
    return null;
  }
}

/**
 * Silence takes next to no bytes in WavPack, and files that were put one after another declare the length of the first.
 * Their blocks tell at once what decoding would tell after many attempts.
 */
async function refuseLongWavPack(path: string, probe: AudioProbe, limitSec: number): Promise<void> {
  const { sampleRateHz } = firstStream(probe);
  if (probe.container !== "wv" || sampleRateHz === null) return;
  const most = limitSec * sampleRateHz;
  if ((await countWavPackFrames(path, most)) > most) throw tooLong(limitSec);
}

/** Limits are of stereo: more channels are as much more work, all of them being measured. */
function secOfChannels(sec: number, inputs: number): number {
  return Math.max(1, Math.floor((2 * sec) / Math.max(2, inputs)));
}

/** Spans of an uncompressed master are as long as their stretch of it may be large. */
function spanSecOf(layout: PcmLayout | null, inputs: number, limits: DecodeLimits): number {
  const spanSec = secOfChannels(limits.spanSec, inputs);
  const bytesPerSec = layout ? layout.sampleRateHz * layout.frameBytes : 1;
  const fitting = layout ? Math.min(spanSec, Math.floor(limits.spanBytes / bytesPerSec)) : spanSec;
  return Math.max(1, fitting - (fitting % Math.min(fitting, limits.pieceSec)));
}

async function* goOn(
  state: LongState,
  path: string,
  master: Master,
  context: Context,
  limits: DecodeLimits,
  options: ChildOptions,
): AsyncGenerator<Checkpoint, FactsOf<typeof Pcm>, void> {
  const { layout, spanSec } = state;
  const fetchRange = (startByte: number, endByte: number) => master.fetchRange(startByte, endByte);
  const source: AudioSource = layout
    ? pcmRangeSource(layout, firstStream(state.probe), fetchRange)
    : wholeFileSource(path, state.probe);
  return yield* decodeLong(state, {
    source,
    scratchDir: context.scratchDir,
    limits: { ...limits, pieceSec: Math.min(limits.pieceSec, spanSec) },
    options,
    composeOutput: (names) => context.composeOutput(names),
    readTags: async () =>
      readTags(layout ? await fetchTagPart(master, layout, join(context.scratchDir, "tags")) : path),
  });
}
