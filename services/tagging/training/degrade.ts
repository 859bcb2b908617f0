import { filterInPlace, mixInto, normalisePeak, type Random } from "@segue/synth";

/** What happens to sound on its way to a listener: equalisation, saturation, a narrow band, hiss, a level of its own. */
export function degrade(random: Random, samples: Float32Array, sampleRateHz: number): Float32Array {
  const out = samples.slice();
  for (let band = random.below(4); band > 0; band--) {
    const peak = samples.slice();
    const frequencyHz = 80 * 2 ** random.between(0, 6.3);
    filterInPlace(peak, sampleRateHz, { kind: "bandpass", frequencyHz, q: random.between(0.4, 1.5) });
    mixInto(out, peak, 0, random.between(-0.75, 1.8));
  }
  if (random.chance(0.3))
    filterInPlace(out, sampleRateHz, { kind: "highpass", frequencyHz: random.between(30, 200), q: 0.7 });
  if (random.chance(0.4))
    filterInPlace(out, sampleRateHz, { kind: "lowpass", frequencyHz: random.between(3000, 7500), q: 0.7 });
  normalisePeak(out, 1);
  if (random.chance(0.5)) {
    const drive = random.between(1, 5);
    for (let i = 0; i < out.length; i++) out[i] = Math.tanh(drive * (out[i] ?? 0));
  }
  if (random.chance(0.6)) {
    const hiss = 10 ** (random.between(-70, -38) / 20);
    for (let i = 0; i < out.length; i++) out[i] = (out[i] ?? 0) + hiss * random.between(-1, 1);
  }
  normalisePeak(out, 10 ** (random.between(-18, 0) / 20));
  return out;
}
