import swagger from "@fastify/swagger";
import { TrackFromSource, UploadDetails } from "@segue/contracts";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Api } from "./api-context.ts";

/** Serves the description of every route that is registered after it, as OpenAPI 3.1, at `/openapi.json`. */
export async function describeApi(app: Api): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Segue",
        version: "1",
        description: "Submit tracks; get their tempo, key, tags, loudness, waveform and AAC.",
      },
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => withUploadBodies(jsonSchemaTransformObject(document)),
  });
  app.get("/openapi.json", { schema: { hide: true } }, async () => app.swagger());
}

type Document = ReturnType<typeof jsonSchemaTransformObject>;

/** Bodies that are streamed have no schema that a validator could run: they are described here. */
function withUploadBodies(document: Document): Document {
  if (!("paths" in document)) return document;
  const post = document.paths?.["/v1/tracks"]?.post;
  if (!post) return document;
  const details = z.toJSONSchema(UploadDetails, { io: "input" });
  const binary = { type: "string", format: "binary" } as const;
  Object.assign(post, {
    parameters: Object.entries(details.properties ?? {}).map(([name, schema]) => ({
      name,
      in: "query",
      required: false,
      description: "of a raw body",
      schema,
    })),
    requestBody: {
      required: true,
      content: {
        "multipart/form-data": {
          schema: { type: "object", required: ["file"], properties: { file: binary, ...details.properties } },
        },
        "application/json": { schema: z.toJSONSchema(TrackFromSource, { io: "input" }) },
        "application/octet-stream": { schema: binary },
        "audio/*": { schema: binary },
      },
    },
  });
  return document;
}
