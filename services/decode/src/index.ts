export { decodeService } from "./decode.service.ts";
export { decode } from "./decode.step.ts";
