/** -60 dB relative to full scale, where the downsampling step also puts silence: 33 steps of 16 bit. */
const quietest = 10 ** (-60 / 20);

/** Whether not one sample rises above -60 dB; an empty track is silent. Samples that are no numbers count as silence. */
export function isSilent(samples: Float32Array): boolean {
  for (const sample of samples) if (Math.abs(sample) > quietest) return false;
  return true;
}
