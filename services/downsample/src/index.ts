export { downsample } from "./downsample.step.ts";
