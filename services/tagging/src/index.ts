export { tags } from "./tags.step.ts";
