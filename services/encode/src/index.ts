export { encodeService } from "./encode.service.ts";
export { encode } from "./encode.step.ts";
