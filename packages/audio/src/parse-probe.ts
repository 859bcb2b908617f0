/** One audio stream, as its header describes it. Null where the header does not say. */
export interface AudioStream {
  readonly codec: string;
  readonly sampleRateHz: number | null;
  readonly channels: number | null;
  /** ffmpeg's name of the layout, as in `5.1(side)`; null where only the number of channels is known. */
  readonly channelLayout: string | null;
  /** Of the decoded samples, for codecs that have one: 8, 16, 24, 32, 64. */
  readonly bitDepth: number | null;
  readonly bitRateKbps: number | null;
}

/** What a file's headers say. Durations are declared, not counted. */
export interface AudioProbe {
  /** ffmpeg's first name of the container, as in `mov` or `mp3`. */
  readonly container: string;
  readonly audioStreams: readonly AudioStream[];
  readonly declaredDurationSec: number | null;
  /** The declared duration is a guess from the bit rate and the file's size. */
  readonly durationEstimated: boolean;
  readonly bitRateKbps: number | null;
  /** Bytes at the file's beginning that ffmpeg had better not read (`readId3Burden`); 0 for all but absurd files. */
  readonly skipBytes: number;
  /** What of the file was found to fail its own checksums, in words; null for nothing. */
  readonly damage: string | null;
}

/** Reads what `ffmpeg -v level+info -i FILE` wrote to stderr; null if it could not open the file. */
export function parseProbe(stderr: string): Omit<AudioProbe, "skipBytes" | "damage"> | null {
  const container = /^\[info\] Input #0, ([^,\n]+)/m.exec(stderr)?.[1];
  if (!container) return null;
  const duration =
    /^\[info\]\s+Duration: (?:(\d+):(\d+):(\d+(?:\.\d+)?)|N\/A)(?:.*bitrate: (\d+) kb\/s)?/m.exec(stderr);
  const [, hours, minutes, seconds, bitRateKbps] = duration ?? [];
  const streams = stderr.matchAll(/^\[info\]\s+Stream #0:\d+[^\n]*?: Audio: ([^\n]*)$/gm);
  return {
    container,
    audioStreams: Array.from(streams, ([, description]) => parseAudioStream(description ?? "")),
    // What declares a length of nothing, as an MP4 that streams, declares none.
    declaredDurationSec: Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) || null,
    durationEstimated: /Estimating duration from bitrate/.test(stderr),
    bitRateKbps: bitRateKbps === undefined ? null : Number(bitRateKbps),
  };
}

/** As in `pcm_s24le ([1][0][0][0] / 0x0001), 48000 Hz, 5.1, s32 (24 bit), 6912 kb/s`. */
function parseAudioStream(description: string): AudioStream {
  const codec = /^\w+/.exec(description)?.[0] ?? "unknown";
  const sampleRateHz = Number(/, (\d+) Hz\b/.exec(description)?.[1] ?? 0) || null;
  const layout = / Hz, ([^,]+)/.exec(description)?.[1]?.trim() ?? null;
  const counted = /^(\d+) channels/.exec(layout ?? "")?.[1];
  const sampleFormat = / Hz, [^,]+, (\w+)(?: \((\d+) bit\))?/.exec(description);
  const rate = /, (\d+) kb\/s/.exec(description)?.[1];
  return {
    codec,
    sampleRateHz,
    channels: counted === undefined ? countChannels(layout) : Number(counted) || null,
    channelLayout: counted === undefined ? layout : null,
    bitDepth: lossless.test(codec) ? depthOf(sampleFormat?.[1], sampleFormat?.[2]) : null,
    bitRateKbps: rate === undefined ? null : Number(rate),
  };
}

/** Codecs whose samples have a width of their own; lossy ones decode to whatever the decoder likes. */
const lossless = /^(pcm_|adpcm_|flac|alac|wavpack|ape|tta|tak|shorten|truehd|mlp|dsd_)/;

function depthOf(sampleFormat: string | undefined, statedBits: string | undefined): number | null {
  if (statedBits !== undefined) return Number(statedBits);
  const depths: Record<string, number> = { u8: 8, s16: 16, s32: 32, s64: 64, flt: 32, dbl: 64 };
  return depths[sampleFormat?.replace(/p$/, "") ?? ""] ?? null;
}

function countChannels(layout: string | null): number | null {
  if (layout === null) return null;
  return layoutChannels(layout)?.length ?? null;
}

/**
 * ffmpeg's layouts with their channels in stream order.
 * F front, B back, S side, T top; L left, R right, C centre; LFE low frequencies.
 */
const layouts: Readonly<Record<string, string>> = {
  mono: "FC",
  stereo: "FL FR",
  downmix: "DL DR",
  "2.1": "FL FR LFE",
  "3.0": "FL FR FC",
  "3.0(back)": "FL FR BC",
  "4.0": "FL FR FC BC",
  quad: "FL FR BL BR",
  "quad(side)": "FL FR SL SR",
  "3.1": "FL FR FC LFE",
  "5.0": "FL FR FC BL BR",
  "5.0(side)": "FL FR FC SL SR",
  "4.1": "FL FR FC LFE BC",
  "5.1": "FL FR FC LFE BL BR",
  "5.1(side)": "FL FR FC LFE SL SR",
  "6.0": "FL FR FC BC SL SR",
  "6.0(front)": "FL FR FLC FRC SL SR",
  hexagonal: "FL FR FC BL BR BC",
  "6.1": "FL FR FC LFE BC SL SR",
  "6.1(back)": "FL FR FC LFE BL BR BC",
  "6.1(front)": "FL FR LFE FLC FRC SL SR",
  "7.0": "FL FR FC BL BR SL SR",
  "7.0(front)": "FL FR FC FLC FRC SL SR",
  "7.1": "FL FR FC LFE BL BR SL SR",
  "7.1(wide)": "FL FR FC LFE BL BR FLC FRC",
  "7.1(wide-side)": "FL FR FC LFE FLC FRC SL SR",
  octagonal: "FL FR FC BL BR BC SL SR",
};

/** The channels of a layout that ffmpeg names, in stream order; null for a name that is not known here. */
export function layoutChannels(layout: string): readonly string[] | null {
  return layouts[layout]?.split(" ") ?? null;
}
