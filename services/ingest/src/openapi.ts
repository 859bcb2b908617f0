import swagger from "@fastify/swagger";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import type { OpenAPIV3_1 } from "openapi-types";
import type { Api } from "./api-context.ts";
import { addCommonAnswers } from "./openapi/common-answers.ts";
import { addFileAnswers } from "./openapi/file-answers.ts";
import { addIdempotencyKeys } from "./openapi/keyed-operations.ts";
import { tidyComponents } from "./openapi/tidy-components.ts";
import { addUploadBodies } from "./openapi/upload-bodies.ts";

/** Serves the description of every route that is registered after it, as OpenAPI 3.1, at `/openapi.json`. */
export async function describeApi(app: Api): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Segue",
        version: "1",
        description:
          "Submit tracks; get their tempo, key, tags, loudness, waveform and AAC. Texts with `x-extensible-enum` have " +
          "these values now; others may come, and so may properties.",
        license: { name: "AGPL-3.0-only", identifier: "AGPL-3.0-only" },
      },
      servers: [{ url: "/" }],
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => complete(jsonSchemaTransformObject(document)),
  });
  app.get("/openapi.json", { schema: { hide: true } }, async () => app.swagger());
}

/** What the routes' schemas don't say. */
function complete(document: Partial<OpenAPIV3_1.Document> | object): OpenAPIV3_1.Document {
  if (!isDocument(document)) throw new TypeError("expected a document of OpenAPI 3.1");
  addUploadBodies(document);
  addFileAnswers(document);
  addIdempotencyKeys(document);
  addCommonAnswers(document);
  return tidyComponents(document);
}

function isDocument(document: object): document is OpenAPIV3_1.Document {
  return "openapi" in document && document.openapi === "3.1.0" && "paths" in document;
}
