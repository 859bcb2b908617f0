import { audioEnvironment } from "@segue/audio/environment";
import { defineService } from "@segue/step";
import { encode } from "./encode.step.ts";

export const encodeService = defineService({
  steps: [encode],
  resources: {
    // CPU: `segue profile` over a 4-minute MP3, medians of five runs.
    // Memory: 308 MiB in all over three hours (docs/reliability.md). Disk: the PCM of one piece (41 MiB), its AAC, the
    // ends of a master.
    attempts: { encode: { cpuSec: 2.4, memoryMiB: 158, scratchMiB: 64 } },
  },
  environment: audioEnvironment,
});
