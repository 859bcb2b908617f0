import { defineService } from "@segue/step";
import { key } from "./key.step.ts";
import { tempo } from "./tempo.step.ts";

export const bpmKeyService = defineService({
  steps: [tempo, key],
  resources: {
    // CPU: `segue profile` over a 4-minute MP3, medians of five runs.
    // Memory: 418 MiB in all over three hours of music (docs/reliability.md). Disk: what is longer is read in ranges.
    attempts: {
      tempo: { cpuSec: 0.3, memoryMiB: 134, scratchMiB: 32 },
      key: { cpuSec: 0.25, memoryMiB: 134, scratchMiB: 32 },
    },
  },
});
