import type { OpenAPIV3_1 } from "openapi-types";

const methods = ["get", "put", "post", "delete", "patch"] as const;

export interface Operation {
  readonly path: string;
  readonly method: (typeof methods)[number];
  readonly operation: OpenAPIV3_1.OperationObject;
}

/** Every operation of a document. */
export function listOperations({ paths = {} }: Pick<OpenAPIV3_1.Document, "paths">): Operation[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item?.[method];
      return operation ? [{ path, method, operation }] : [];
    }),
  );
}
