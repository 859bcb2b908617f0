import { defineService } from "@segue/step";
import { loudness } from "./loudness.step.ts";

export const loudnessService = defineService({
  steps: [loudness],
  resources: {
    // CPU: `segue profile` over a 4-minute MP3, medians of five runs.
    // Memory: 256 MiB in all over three hours (docs/reliability.md). Disk: it reads facts alone.
    attempts: { loudness: { cpuSec: 0.01, memoryMiB: 106, scratchMiB: 1 } },
  },
});
