export { bpmKeyService } from "./bpm-key.service.ts";
export { key } from "./key.step.ts";
export { tempo } from "./tempo.step.ts";
