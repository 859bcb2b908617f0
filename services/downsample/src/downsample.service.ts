import { audioEnvironment } from "@segue/audio/environment";
import { defineService } from "@segue/step";
import { downsample } from "./downsample.step.ts";

export const downsampleService = defineService({
  steps: [downsample],
  resources: {
    // CPU: `segue profile` over a 4-minute MP3, medians of five runs.
    // Memory: 331 MiB in all over three hours (docs/reliability.md). Disk: 128 MiB of PCM, and their 23 of mono.
    attempts: { downsample: { cpuSec: 0.22, memoryMiB: 181, scratchMiB: 160 } },
  },
  environment: audioEnvironment,
});
