import { layoutChannels } from "./parse-probe.ts";

/** The rate of canonical PCM. */
export const canonicalSampleRateHz = 44_100;
/** The rate of what analysers consume. */
export const analysisSampleRateHz = 16_000;

/**
 * The resampler, every setting that decides its output pinned: libswresample's polyphase filter, 32 taps per phase
 * at the lower of the two rates, a Kaiser window of beta 9, cutoff at 0.97 of that rate's half, phases exact, sums of
 * 64-bit floats: left to themselves builds of 2018 to 2023 reckon 16-bit sources in 16 bit, later ones do not. Samples
 * are rounded to 16 bit and saturate; no dither: its noise would keep silence from being silent, and nothing
 * downstream resolves 16 bit.
 */
export function resampleFilter(sampleRateHz: number): string {
  return [
    `aresample=${sampleRateHz}`,
    "resampler=swr",
    "filter_size=32",
    "phase_shift=10",
    "linear_interp=0",
    "exact_rational=1",
    "tsf=dblp",
    "cutoff=0.97",
    "filter_type=kaiser",
    "kaiser_beta=9",
    "dither_method=none",
    "osf=s16",
  ].join(":");
}

/**
 * Gives samples the times that counting them gives, so that `-t` means what it says: time stamps that begin anew, as
 * where files were put one after another, never reach it.
 */
export const countedTime = "asetpts=N/SR/TB";

/** To one channel: the mean, so that what is in both channels keeps its level. */
export function monoFilter(channels: number): string | null {
  if (channels === 1) return null;
  return `pan=mono|c0=${Array.from({ length: channels }, (_, c) => `${gain(1 / channels)}*c${c}`).join("+")}`;
}

/** How a layout of more than two channels, or an unnamed one, is brought to stereo. */
export interface Downmix {
  /** null where the source is mono or stereo already. */
  readonly filter: string | null;
  /** The source did not say which channel is which, and the usual order was assumed. */
  readonly guessed: boolean;
}

const half = Math.SQRT1_2;

/** Gain of each kind of channel into the left and the right output, as in ITU-R BS.775; low frequencies are dropped. */
const intoStereo: Readonly<Record<string, readonly [left: number, right: number]>> = {
  FL: [1, 0],
  FR: [0, 1],
  FC: [half, half],
  LFE: [0, 0],
  BL: [half, 0],
  BR: [0, half],
  SL: [half, 0],
  SR: [0, half],
  BC: [0.5, 0.5],
  FLC: [1, 0],
  FRC: [0, 1],
  DL: [1, 0],
  DR: [0, 1],
};

/** What a number of channels usually means, in the order of WAV; more than eight: the first two count. */
const usualLayouts: Readonly<Record<number, string>> = {
  3: "3.0",
  4: "quad",
  5: "5.0",
  6: "5.1",
  7: "6.1",
  8: "7.1",
};

/** The pinned downmix to canonical PCM's channels: mono and stereo stay, everything else becomes stereo. */
export function downmix(channels: number, channelLayout: string | null): Downmix {
  if (channels <= 2) return { filter: null, guessed: false };
  const named = channelLayout === null ? null : layoutChannels(channelLayout);
  const assumed = named ?? layoutChannels(usualLayouts[channels] ?? "") ?? ["FL", "FR"];
  return { filter: stereoFilter(assumed), guessed: named === null };
}

/** Both rows share one scale, so that full scale in every channel at once just reaches full scale. */
function stereoFilter(channels: readonly string[]): string {
  const left = channels.map((name) => intoStereo[name]?.[0] ?? 0);
  const right = channels.map((name) => intoStereo[name]?.[1] ?? 0);
  const sum = (row: readonly number[]) => row.reduce((total, value) => total + value, 0);
  const scale = 1 / Math.max(sum(left), sum(right), 1);
  const row = (gains: readonly number[]) =>
    gains.flatMap((value, c) => (value === 0 ? [] : [`${gain(value * scale)}*c${c}`])).join("+");
  return `pan=stereo|c0=${row(left)}|c1=${row(right)}`;
}

function gain(value: number): string {
  return value.toFixed(6);
}

/** Replaces what is no number by silence; such samples would become full-scale clicks. About 1.2 s CPU for 4 minutes. */
export const silenceNonFinite =
  "aeval=exprs='if(isnan(val(ch))+isinf(val(ch)),0,val(ch))':channel_layout=same";
