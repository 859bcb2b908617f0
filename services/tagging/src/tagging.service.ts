import { defineService } from "@segue/step";
import { tags } from "./tags.step.ts";

export const taggingService = defineService({
  steps: [tags],
  resources: {
    // CPU: `segue profile` over a 4-minute MP3, medians of five runs.
    // Memory: 208 MiB in all over three hours (docs/reliability.md). Disk: 32 MiB of mono; of longer tracks stretches of it.
    attempts: { tags: { cpuSec: 0.4, memoryMiB: 58, scratchMiB: 40 } },
  },
  environment: () => import("./config.ts").then(({ environment }) => environment),
});
