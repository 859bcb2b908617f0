export { conformStep } from "./conform-step.ts";
export type { Conformance, RefusedInputs } from "./sample.ts";
