export { downsampleService } from "./downsample.service.ts";
export { downsample } from "./downsample.step.ts";
