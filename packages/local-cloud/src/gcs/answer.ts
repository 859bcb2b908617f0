import { sendJson } from "./api-error.ts";
import { selectFields } from "./select-fields.ts";
import type { Call } from "./server-state.ts";

/** Answers an operation of the JSON API with a resource, or with the fields of it that were asked for. */
export function answer({ response, query }: Call, resource: unknown): void {
  sendJson(response, selectFields(resource, query.get("fields")));
}
