export { waveformService } from "./waveform.service.ts";
export { waveform } from "./waveform.step.ts";
