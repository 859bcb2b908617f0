/** -60 dB relative to full scale, where the downsampling step also puts silence: 33 steps of 16 bit. */
const quietest = 10 ** (-60 / 20);

/** The largest magnitude; 0 for none. Samples that are no numbers count as silence. */
export function loudest(samples: Float32Array): number {
  let peak = 0;
  for (let i = 0; i < samples.length; i++) {
    const magnitude = Math.abs(samples[i] as number);
    if (magnitude > peak) peak = magnitude;
  }
  return peak;
}

/** Whether a track with that largest magnitude is silent: not one sample rises above -60 dB. */
export function isSilent(peak: number): boolean {
  return peak <= quietest;
}
