// What the way in which people count a pulse is learned from: `node research/tempo/features.ts FOLDER...`, each with a truth.csv; a
// line of JSON per piece on stdout.
import { countsOf } from "@segue/bpm-key/choose-count";
import { pulseOfOnsets } from "@segue/bpm-key/estimate-tempo";
import { createOnsetFlux, createOnsetMeter } from "@segue/bpm-key/onset-strength";
import { viewPulse } from "@segue/bpm-key/pulse-features";
import { readSet } from "../../test/accuracy/read-set.ts";

const sampleRateHz = 16_000;
const meter = createOnsetMeter(sampleRateHz);

for (const folder of process.argv.slice(2)) {
  for (const { name, group, truth, load } of (await readSet(folder)).clips) {
    const samples = await load(sampleRateHz);
    const frames = meter.framesOf(samples.length);
    const flux = createOnsetFlux(frames);
    meter.measure({ samples, start: 0 }, 0, frames, flux, 0);
    const pulse = pulseOfOnsets(flux, meter.rateHz, samples.length / sampleRateHz);
    if (!pulse) continue;
    const features = viewPulse(flux, meter.rateHz);
    const counts = countsOf(pulse.bpm).map((factor) => ({
      bpm: factor * pulse.bpm,
      features: features.of(factor * pulse.bpm, pulse.bpm).map((value) => Number(value.toFixed(5))),
    }));
    console.log(
      JSON.stringify({ name, group, bpm: truth.bpm, pulseBpm: pulse.bpm, heard: pulse.confidence, counts }),
    );
  }
}
