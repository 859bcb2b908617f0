/**
 * The resampler, every setting that decides its output pinned: libswresample's polyphase filter, 32 taps per phase
 * at the lower of the two rates, a Kaiser window of beta 9, cutoff at 0.97 of that rate's half, phases exact, sums of
 * 64-bit floats: left to themselves builds of 2018 to 2023 reckon 16-bit sources in 16 bit, later ones do not. To 16 bit
 * samples are rounded and saturate; no dither: its noise would keep silence from being silent, and nothing
 * downstream resolves 16 bit.
 */
export function resampleFilter(sampleRateHz: number, samples: "s16" | "flt" = "s16"): string {
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
    `osf=${samples}`,
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

function gain(value: number): string {
  return value.toFixed(6);
}

/** Replaces what is no number by silence; such samples would become full-scale clicks. About 1.2 s CPU for 4 minutes. */
export const silenceNonFinite =
  "aeval=exprs='if(isnan(val(ch))+isinf(val(ch)),0,val(ch))':channel_layout=same";

/** Louder or quieter, in floating point: nothing is cut off at full scale here. Null where nothing is to be done. */
export function gainFilter(gainDb: number): string | null {
  return gainDb === 0 ? null : `volume=${(10 ** (gainDb / 20)).toFixed(9)}:precision=float`;
}

/**
 * Holds more than two channels to the layout that they have, so that none is mixed or moved, and a stream that changes its layout on
 * the way keeps giving the same. Where it has no name, ffmpeg takes the first of so many channels for it. Null for mono and stereo.
 * @param taken channels that are wanted: all, or the first two of more than anybody has names for.
 */
export function holdChannels(taken: number, sourceChannels: number, layout: string | null): string | null {
  if (sourceChannels <= 2) return null;
  if (taken < sourceChannels) return "pan=stereo|c0=c0|c1=c1";
  const name = layout ?? firstLayouts[sourceChannels];
  return name === undefined ? null : `aformat=channel_layouts=${name}`;
}

const firstLayouts: Readonly<Record<number, string>> = {
  3: "2.1",
  4: "4.0",
  5: "5.0",
  6: "5.1",
  7: "6.1",
  8: "7.1",
};
