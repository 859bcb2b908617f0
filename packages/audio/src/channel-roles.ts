import { layoutChannels } from "./parse-probe.ts";

/** What each channel of a stream is, by ffmpeg's short names: `FL FR FC LFE BL BR`. */
export interface ChannelRoles {
  /** In the stream's order. Fewer than there are where nobody knows what the others might be. */
  readonly names: readonly string[];
  /** The source did not say which channel is which, and the usual order was assumed. */
  readonly guessed: boolean;
}

/** What a number of channels usually means, in the order of WAV; more than eight: the first two count. */
const usualLayouts: Readonly<Record<number, string>> = {
  1: "mono",
  2: "stereo",
  3: "3.0",
  4: "quad",
  5: "5.0",
  6: "5.1",
  7: "6.1",
  8: "7.1",
};

export function nameChannels(channels: number, channelLayout: string | null): ChannelRoles {
  const usual = layoutChannels(usualLayouts[channels] ?? "stereo") ?? [];
  // Two channels are heard as left and right, whatever they are called.
  if (channels <= 2) return { names: usual, guessed: false };
  const named = channelLayout === null ? null : layoutChannels(channelLayout);
  return { names: named ?? usual, guessed: named === null };
}

/**
 * What a channel's energy counts for in BS.1770's loudness: 1 in front, 1.41 (+1.5 dB) at the sides and behind, nothing for low
 * frequencies. BS.1770-4 leaves what is right behind, as in 7.1, at 1; here it counts like the sides, as in ffmpeg's `ebur128`.
 */
export function loudnessWeight(name: string): number {
  if (name === "LFE") return 0;
  return /^[BS]/.test(name) ? 1.41 : 1;
}
