export { encode } from "./encode.step.ts";
