import { defineService } from "@segue/step";
import { waveform } from "./waveform.step.ts";

export const waveformService = defineService({
  steps: [waveform],
  resources: {
    // CPU: `segue profile` over a 4-minute MP3, medians of five runs.
    // Memory: 370 MiB in all over three hours (docs/reliability.md), when it drew the image too. Disk: 128 MiB of PCM, and peaks.
    attempts: { waveform: { cpuSec: 0.05, memoryMiB: 175, scratchMiB: 144 } },
  },
});
