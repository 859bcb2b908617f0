import { audioEnvironment } from "@segue/audio/environment";
import { defineService } from "@segue/step";
import { decode } from "./decode.step.ts";

export const decodeService = defineService({
  steps: [decode],
  resources: {
    // CPU: `segue profile` over a 4-minute MP3, medians of five runs.
    // Memory: 418 MiB in all over hostile files (docs/reliability.md). Disk: a compressed master as large as may be
    // (512 MiB), and 128 of PCM (decode-limits.ts).
    attempts: { decode: { cpuSec: 1.2, memoryMiB: 268, scratchMiB: 640 } },
  },
  environment: audioEnvironment,
});
