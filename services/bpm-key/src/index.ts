export { key } from "./key.step.ts";
export { tempo } from "./tempo.step.ts";
