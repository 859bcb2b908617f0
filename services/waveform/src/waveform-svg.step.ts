import { Waveform, WaveformSvg } from "@segue/contracts";
import { defineStep } from "@segue/step";

/** The whole track's outline, drawn from its peaks. */
export const waveformSvg = defineStep({
  name: "waveform-svg",
  // Part of the address: raise it when the drawing changes.
  version: 1,
  consumes: { waveform: Waveform },
  produces: WaveformSvg,
  budget: { timeMs: 10_000, memoryMiB: 256 },
  setup: () => import("./run-waveform-svg.ts"),
  run: ({ waveform }, { runWaveformSvg }, { outputPath }) => runWaveformSvg(waveform.path, outputPath),
});
