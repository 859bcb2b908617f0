import type { OpenAPIV3_1 } from "openapi-types";
import { listOperations } from "./operations.ts";

const key: OpenAPIV3_1.ParameterObject = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description:
    "the same key with the same request makes nothing twice and gets the same answer; with another request it is refused",
  schema: { type: "string", minLength: 1, maxLength: 255, pattern: "^[\\x21\\x23-\\x7e]+$" },
  example: "8e03978e-40d5-43dd",
};

const headers: Record<string, OpenAPIV3_1.HeaderObject> = {
  Location: {
    description: "the URL of what was made",
    schema: { type: "string" },
    example: "http://localhost:8080/v1/tracks/01900000-0000-7000-8000-000000000001",
  },
  "Idempotency-Replayed": {
    description: "`true` where the answer is that of an earlier request under the same key; absent else",
    schema: { type: "string" },
    example: "true",
  },
};

/** What makes something, and so is refused where its key was used before, takes a key (see `answerOnce`). */
export function addIdempotencyKeys(document: OpenAPIV3_1.Document): void {
  for (const { method, operation } of listOperations(document)) {
    const { responses = {}, parameters = [] } = operation;
    if ((method !== "post" && method !== "delete") || responses[422] === undefined) continue;
    // What the key made may have been deleted since.
    responses[410] ??= { ...responses[422] };
    operation.parameters = [...parameters, key];
    for (const status of [200, 201, 202]) {
      const response = responses[status];
      if (response && !("$ref" in response)) response.headers = { ...response.headers, ...headers };
    }
  }
}
