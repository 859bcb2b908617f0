import { httpErrorCatalogue, httpErrorCodes } from "@segue/contracts";
import type { OpenAPIV3_1 } from "openapi-types";
import { listOperations } from "./operations.ts";

/** What may be answered on every route, whatever it is for; and what on those that take a body. */
const everywhere = [400, 414, 421, 431, 500];
const withABody = [403, 408, 413, 415];

const problem = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };

const requestId: OpenAPIV3_1.HeaderObject = {
  description: "of the request: the client's own, or a new one; log lines and problems have it too",
  schema: { type: "string" },
  example: "8f7f7a1e-5b1d-4d5e-9c1b-0d6a4b1f2c3d",
};
const retryAfter: OpenAPIV3_1.HeaderObject = {
  description: "seconds to wait before the request is sent again",
  schema: { type: "integer", minimum: 0 },
  example: 5,
};

/** Answers and headers that routes share. */
export function addCommonAnswers(document: OpenAPIV3_1.Document): void {
  for (const { method, operation } of listOperations(document)) {
    const responses: OpenAPIV3_1.ResponsesObject = operation.responses ?? {};
    for (const status of [...everywhere, ...(method === "get" ? [] : withABody)]) {
      responses[status] ??= { description: "", content: problem };
    }
    responses.default = { description: "Another error", content: problem };
    for (const [status, response] of Object.entries(responses)) {
      if ("$ref" in response) continue;
      response.description = describe(Number(status)) ?? response.description;
      response.headers = {
        ...response.headers,
        "X-Request-Id": requestId,
        ...(status === "429" || status === "503" ? { "Retry-After": retryAfter } : {}),
      };
    }
    operation.responses = responses;
  }
}

/** The codes that an error's status stands for. */
function describe(status: number): string | undefined {
  const codes = httpErrorCodes.filter((code) => httpErrorCatalogue[code].status === status);
  const meanings = codes.map((code) => `\`${code}\`: ${httpErrorCatalogue[code].meaning}`);
  return meanings.length > 0 ? meanings.join(" ") : undefined;
}
