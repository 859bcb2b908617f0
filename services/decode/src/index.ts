export { decode } from "./decode.step.ts";
