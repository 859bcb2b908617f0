export const bitRateKbps = 128;

/**
 * ffmpeg's arguments for the encoder. `fast` searches quantisers in one pass: 2.1 to 2.5 s of CPU for 4 minutes of
 * stereo (5.2 to 5.5 s for 9) where `twoloop` takes 5.7 s, 13 s for 9 minutes. At the same size its noise is 5 to 10 dB
 * lower below 5 kHz and up to 3 dB higher above 6 kHz. Turning coding tools off (`aac_is`, `aac_pns`, `aac_ms`,
 * `aac_tns`) would save 14 % at the most.
 */
// biome-ignore format: one option a pair.
export const aacArgs: readonly string[] = [
  "-c:a", "aac", "-aac_coder", "fast", "-b:a", `${bitRateKbps}k`, "-threads", "1",
];
