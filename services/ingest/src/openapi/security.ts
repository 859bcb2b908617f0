import type { OpenAPIV3_1 } from "openapi-types";
import { neededFor } from "../keys/scopes-of.ts";
import { listOperations } from "./operations.ts";

const scheme: OpenAPIV3_1.SecuritySchemeObject = {
  type: "http",
  scheme: "bearer",
  description:
    "A key of the API, `sk_...`, as `segue keys create` and `POST /v1/keys` make them. Where the API does not require keys, none is looked at. Of the scopes that stand " +
    "beside an operation the key has to have one; those in one entry are alternatives. The draft of RateLimit headers (draft-ietf-httpapi-ratelimit-headers) tells of rates and quotas.",
};

const problem = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };

const headers: Record<string, OpenAPIV3_1.HeaderObject> = {
  RateLimit: {
    description:
      "what is left of the key's rate and quotas, and for how many seconds; absent where it has none",
    schema: { type: "string" },
    example: '"requests";r=39;t=1, "tracks";r=9999;t=43200',
  },
  "RateLimit-Policy": {
    description: "the key's rate and quotas; absent where it has none",
    schema: { type: "string" },
    example: '"requests";q=40;w=2, "tracks";q=10000;w=86400',
  },
};
const challenge: OpenAPIV3_1.HeaderObject = {
  description: "that a key is expected, and what is wrong with the one that came",
  schema: { type: "string" },
  example: 'Bearer realm="segue"',
};

/** Which key each operation needs, and what is answered where it is not the right one. @param isRequired whether it is asked for at all. */
export function addSecurity(document: OpenAPIV3_1.Document, isRequired: boolean): void {
  document.components = { ...document.components, securitySchemes: { apiKey: scheme } };
  for (const { path, method, operation } of listOperations(document)) {
    const needed = neededFor(method.toUpperCase(), path.replaceAll(/\{(\w+)\}/g, ":$1"));
    if (needed === "open") {
      operation.security = [];
      continue;
    }
    operation.security = [...(isRequired ? [] : [{}]), { apiKey: [...needed] }];
    if (isRequired) addAnswers(operation);
  }
}

function addAnswers(operation: OpenAPIV3_1.OperationObject): void {
  const responses: OpenAPIV3_1.ResponsesObject = operation.responses ?? {};
  for (const status of [401, 403, 429, 503]) responses[status] ??= { description: "", content: problem };
  for (const [status, response] of Object.entries(responses)) {
    if ("$ref" in response) continue;
    const own = status === "401" || status === "403" ? { "WWW-Authenticate": challenge } : headers;
    response.headers = { ...response.headers, ...own };
  }
  operation.responses = responses;
}
