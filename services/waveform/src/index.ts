export { waveformService } from "./waveform.service.ts";
export { waveform } from "./waveform.step.ts";
export { waveformSvg } from "./waveform-svg.step.ts";
