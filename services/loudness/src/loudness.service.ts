import { defineService } from "@segue/step";
import { loudness } from "./loudness.step.ts";

export const loudnessService = defineService({
  steps: [loudness],
  resources: {
    // CPU: README, "Measured". Memory: 256 MiB in all over three hours (docs/reliability.md). Disk: it reads facts alone.
    attempts: { loudness: { cpuSec: 0.2, memoryMiB: 106, scratchMiB: 1 } },
  },
});
