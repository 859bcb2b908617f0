export { type GivenInput, runStep, type StepRun } from "./run-step.ts";
