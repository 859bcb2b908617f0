import swagger from "@fastify/swagger";
import type { Kind } from "@segue/contracts";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import type { OpenAPIV3_1 } from "openapi-types";
import type { Api, ApiContext } from "./api-context.ts";
import { addKinds } from "./openapi/add-kinds.ts";
import { addCommonAnswers } from "./openapi/common-answers.ts";
import { addFileAnswers } from "./openapi/file-answers.ts";
import { addIdempotencyKeys } from "./openapi/keyed-operations.ts";
import { addSecurity } from "./openapi/security.ts";
import { tidyComponents } from "./openapi/tidy-components.ts";
import { addUploadBodies } from "./openapi/upload-bodies.ts";

/**
 * Serves the description of every route that is registered after it, and of the kinds of the moment, as OpenAPI 3.1, at
 * `/openapi.json`.
 */
export async function describeApi(
  app: Api,
  { chain, config }: Pick<ApiContext, "chain" | "config">,
): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Segue",
        version: "1",
        description:
          "Submit tracks; get what the fleet makes of them (`/v1/kinds`). Texts with `x-extensible-enum` have these values " +
          "now; others may come, and so may properties.",
        license: { name: "AGPL-3.0-only", identifier: "AGPL-3.0-only" },
      },
      servers: [{ url: "/" }],
    },
    transform: jsonSchemaTransform,
    transformObject: (document) =>
      complete(jsonSchemaTransformObject(document), config.apiKeys === "required"),
  });
  const describeNow = rememberLast((kinds) => addKinds(checkVersion(app.swagger()), kinds));
  app.get("/openapi.json", { schema: { hide: true } }, async () => describeNow(chain.kinds));
}

/** A chain's kinds are another list when steps have come or gone, and only then. */
function rememberLast<T>(make: (kinds: readonly Kind[]) => T): (kinds: readonly Kind[]) => T {
  let last: { readonly kinds: readonly Kind[]; readonly made: T } | undefined;
  return (kinds) => {
    if (last?.kinds !== kinds) last = { kinds, made: make(kinds) };
    return last.made;
  };
}

/** What the routes' schemas don't say. */
function complete(given: object, areKeysRequired: boolean): OpenAPIV3_1.Document {
  const document = checkVersion(given);
  addUploadBodies(document);
  addFileAnswers(document);
  addIdempotencyKeys(document);
  addSecurity(document, areKeysRequired);
  addCommonAnswers(document);
  return tidyComponents(document);
}

function checkVersion(document: object): OpenAPIV3_1.Document {
  if (!isDocument(document)) throw new TypeError("expected a document of OpenAPI 3.1");
  return document;
}

function isDocument(document: object): document is OpenAPIV3_1.Document {
  return "openapi" in document && document.openapi === "3.1.0" && "paths" in document;
}
