/** Delays in seconds of Schroeder's combs and all-passes (as tuned in Jezar's Freeverb, public domain, at 44.1 kHz). */
const combsSec = [1116, 1277, 1422, 1557].map((samples) => samples / 44_100);
const allPassesSec = [556, 225].map((samples) => samples / 44_100);

/** A small room: the reverberation of `input` alone, as long as it is. `spreadSec` decorrelates the two channels. */
export function reverberate(
  input: Float32Array,
  sampleRateHz: number,
  { decaySec, spreadSec }: { decaySec: number; spreadSec: number },
): Float32Array {
  const out = new Float32Array(input.length);
  for (const delaySec of combsSec) {
    const line = new Float32Array(Math.max(1, Math.round((delaySec + spreadSec) * sampleRateHz)));
    const feedback = 0.001 ** (delaySec / decaySec);
    let damped = 0;
    let at = 0;
    for (let i = 0; i < input.length; i++) {
      const value = line[at] ?? 0;
      damped += 0.7 * (value - damped);
      line[at] = (input[i] ?? 0) * 0.25 + damped * feedback;
      out[i] = (out[i] ?? 0) + value;
      if (++at === line.length) at = 0;
    }
  }
  for (const delaySec of allPassesSec) {
    const line = new Float32Array(Math.max(1, Math.round((delaySec + spreadSec) * sampleRateHz)));
    let at = 0;
    for (let i = 0; i < out.length; i++) {
      const delayed = line[at] ?? 0;
      const value = out[i] ?? 0;
      line[at] = value + 0.5 * delayed;
      out[i] = delayed - 0.5 * (line[at] ?? 0);
      if (++at === line.length) at = 0;
    }
  }
  return out;
}
