import { defineService } from "@segue/step";
import { waveform } from "./waveform.step.ts";

export const waveformService = defineService({
  steps: [waveform],
  resources: {
    // CPU: README, "Measured". Memory: 370 MiB in all over three hours (docs/reliability.md). Disk: 128 MiB of PCM, and peaks.
    attempts: { waveform: { cpuSec: 0.05, memoryMiB: 190, scratchMiB: 144 } },
  },
});
