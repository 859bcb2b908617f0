/** Slaney's scale (Auditory Toolbox, 1998), librosa's default: linear to 1 kHz, 27 steps per factor 6.4 above. */
const linearHz = 200 / 3;
const breakMel = 1000 / linearHz;
const logStep = Math.log(6.4) / 27;

const hzToMel = (hz: number): number =>
  hz < 1000 ? hz / linearHz : breakMel + Math.log(hz / 1000) / logStep;
const melToHz = (mel: number): number =>
  mel < breakMel ? mel * linearHz : 1000 * Math.exp(logStep * (mel - breakMel));

/** One triangular filter: the weights of the bins from `firstBin` on. */
export type MelFilter = { firstBin: number; weights: Float32Array };

/** Triangular filters of equal area from 0 Hz to the Nyquist frequency, as `librosa.filters.mel(htk=False, norm="slaney")`. */
export function createMelFilters(sampleRateHz: number, fftSize: number, bands: number): MelFilter[] {
  const topMel = hzToMel(sampleRateHz / 2);
  const edgeHz = (band: number): number => melToHz((topMel * band) / (bands + 1));
  const binHz = sampleRateHz / fftSize;
  return Array.from({ length: bands }, (_, band) => {
    const [low, centre, high] = [edgeHz(band), edgeHz(band + 1), edgeHz(band + 2)];
    const firstBin = Math.floor(low / binHz) + 1;
    const lastBin = Math.min(fftSize / 2, Math.ceil(high / binHz) - 1);
    const weights = Float32Array.from({ length: Math.max(0, lastBin - firstBin + 1) }, (_, i) => {
      const hz = (firstBin + i) * binHz;
      const height = Math.min((hz - low) / (centre - low), (high - hz) / (high - centre));
      return Math.max(0, height) * (2 / (high - low));
    });
    return { firstBin, weights };
  });
}
