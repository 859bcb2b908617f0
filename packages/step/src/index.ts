export * from "./define-step.ts";
export { parseFacts, runStep } from "./run-step.ts";
export * from "./service.ts";
