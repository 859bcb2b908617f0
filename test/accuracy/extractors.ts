import { createRequire } from "node:module";
import { estimateKey } from "@segue/bpm-key/estimate-key";
import { estimateTempo } from "@segue/bpm-key/estimate-tempo";
import { z } from "zod";
import type { Estimate } from "./score.ts";

/** Something that hears tempo and key, and the audio it wants. */
export interface Extractor {
  readonly name: string;
  readonly sampleRateHz: number;
  estimate(samples: Float32Array): Estimate;
}

export const segue: Extractor = {
  name: "segue, 16 kHz",
  sampleRateHz: 16_000,
  estimate(samples) {
    const tempo = estimateTempo(samples, 16_000);
    const { key, mode, confidence } = estimateKey(samples, 16_000);
    return {
      ...{ bpm: tempo.bpm, key, mode },
      confidence: {
        pulse: tempo.pulseConfidence ?? null,
        octave: tempo.octaveConfidence ?? null,
        key: confidence,
      },
    };
  },
};

interface Vector {
  delete(): void;
}
interface Stock {
  RhythmExtractor2013(
    signal: Vector,
    maxTempo: number,
    method: string,
    minTempo: number,
  ): { bpm: number; ticks: Vector; estimates: Vector; bpmIntervals: Vector };
  KeyExtractor(signal: Vector, ...parameters: (boolean | number | string)[]): unknown;
}
interface StockModule {
  EssentiaJS: new (debug: boolean) => Stock;
  arrayToVector(values: Float32Array): Vector;
}
const StockKey = z.object({
  key: z
    .enum(["A", "Bb", "B", "C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab"])
    .transform((key) => (key === "C#" ? "Db" : key)),
  scale: z.enum(["major", "minor"]),
});

/** essentia.js as it comes: full band, `RhythmExtractor2013` by Degara's method and `KeyExtractor` with its own defaults. */
export function createStockExtractor(): Extractor {
  const require = createRequire(import.meta.url);
  const module: StockModule = require("essentia.js/dist/essentia-wasm.umd.js");
  const essentia = new module.EssentiaJS(false);
  return {
    name: "essentia.js stock, 44.1 kHz",
    sampleRateHz: 44_100,
    estimate(samples) {
      const signal = module.arrayToVector(samples);
      const { bpm, ticks, estimates, bpmIntervals } = essentia.RhythmExtractor2013(signal, 208, "degara", 40);
      const found = StockKey.parse(
        essentia.KeyExtractor(
          signal,
          ...[true, 4096, 4096, 12, 3500, 60, 25, 0.2, "bgate", 44_100, 0.0001, 440, "cosine", "hann"],
        ),
      );
      for (const vector of [signal, ticks, estimates, bpmIntervals]) vector.delete();
      return { bpm, key: found.key, mode: found.scale, confidence: { pulse: null, octave: null, key: null } };
    },
  };
}
