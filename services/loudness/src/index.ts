export { loudness } from "./loudness.step.ts";
