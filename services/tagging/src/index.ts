export { taggingService } from "./tagging.service.ts";
export { tags } from "./tags.step.ts";
