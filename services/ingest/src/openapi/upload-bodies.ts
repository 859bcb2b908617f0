import { UploadDetails } from "@segue/contracts";
import type { OpenAPIV3_1 } from "openapi-types";
import { z } from "zod";
import { listOperations } from "./operations.ts";

type Schema = Exclude<NonNullable<OpenAPIV3_1.ParameterObject["schema"]>, OpenAPIV3_1.ReferenceObject>;

const bytes = { type: "string", format: "binary", description: "the file" } as const;

/** Bodies that are streamed, or are lines, have no schema that a validator could run: they are described here. */
export function addUploadBodies(document: OpenAPIV3_1.Document): void {
  const batch = listOperations(document).find(({ operation }) => operation.operationId === "createBatch");
  if (batch)
    batch.operation.requestBody = {
      required: true,
      description: "A track by reference on each line.",
      content: { "application/x-ndjson": { schema: { $ref: "#/components/schemas/BatchLineInput" } } },
    };
  const create = listOperations(document).find(({ operation }) => operation.operationId === "createTrack");
  if (!create) return;
  const { properties = {} } = z.toJSONSchema(UploadDetails, { io: "input" });
  // The schema is of JSON Schema 2020-12, as are those of OpenAPI 3.1; the two packages' types for it differ.
  const details = properties as Record<string, Schema>;
  for (const parameter of create.operation.parameters ?? []) {
    if ("in" in parameter && parameter.in === "query")
      parameter.description = `of a raw body: ${parameter.description}`;
  }
  create.operation.requestBody = {
    required: true,
    description: "A form with the file, JSON that names a source, or the bytes themselves.",
    content: {
      "multipart/form-data": {
        schema: { type: "object", required: ["file"], properties: { file: bytes, ...details } },
      },
      "application/json": { schema: { $ref: "#/components/schemas/TrackFromSourceInput" } },
      "application/octet-stream": { schema: bytes },
      "audio/*": { schema: bytes },
    },
  };
}
