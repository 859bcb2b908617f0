import type { FastifyRequest, FastifySchemaCompiler } from "fastify";
import { z } from "zod";
import type { Api } from "../api-context.ts";
import { ProblemError } from "../problem-error.ts";
import { parseInput } from "./parse-input.ts";

const parts: Readonly<Record<string, string>> = { querystring: "query", params: "path" };

/** Has every route's parameters and body parsed by its schemas. Parameters of the query that a route does not have are refused. */
export function validateRequests(app: Api): void {
  const compile: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart = "request" }) => {
    // A misspelt parameter must not be as good as none.
    const used = httpPart === "querystring" && schema instanceof z.ZodObject ? schema.strict() : schema;
    return (input: unknown) => {
      try {
        return { value: parseInput(used, input, parts[httpPart] ?? httpPart) };
      } catch (error) {
        return { error: error instanceof Error ? error : new Error(String(error)) };
      }
    };
  };
  app.setValidatorCompiler(compile);
  app.addHook("preValidation", async (request) => {
    requireReadableQuery(request);
    if (request.routeOptions.schema?.querystring === undefined) parseInput(noQuery, request.query, "query");
  });
}

const noQuery = z.strictObject({});

/** What can't be decoded would be taken as it stands, escapes and all. */
function requireReadableQuery({ url }: FastifyRequest): void {
  const start = url.indexOf("?");
  if (start < 0) return;
  try {
    decodeURIComponent(url.slice(start));
  } catch {
    throw new ProblemError("invalid-request", "query: expected percent-encoded UTF-8; some of it is not");
  }
}
