export { loudnessService } from "./loudness.service.ts";
export { loudness } from "./loudness.step.ts";
