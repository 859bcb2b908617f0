import { defineService } from "@segue/step";
import { waveform } from "./waveform.step.ts";
import { waveformSvg } from "./waveform-svg.step.ts";

export const waveformService = defineService({
  steps: [waveform, waveformSvg],
  resources: {
    // CPU: README, "Measured". Memory: 370 MiB in all over three hours (docs/reliability.md). Disk: 128 MiB of PCM, peaks and a drawing of them.
    attempts: {
      waveform: { cpuSec: 0.05, memoryMiB: 190, scratchMiB: 144 },
      "waveform-svg": { cpuSec: 0.02, memoryMiB: 30, scratchMiB: 16 },
    },
  },
});
