import type { OpenAPIV3_1 } from "openapi-types";

const prefix = "#/components/schemas/";

/**
 * Every schema is described twice, as it is sent and as it is answered, whether used or not: those that nothing refers to go, and
 * what is only sent loses the `Input` at the end of its name.
 */
export function tidyComponents(document: OpenAPIV3_1.Document): OpenAPIV3_1.Document {
  const schemas = document.components?.schemas ?? {};
  const used = new Set<string>();
  const visit = (node: unknown) => {
    for (const name of referredTo(node)) {
      if (used.has(name)) continue;
      used.add(name);
      visit(schemas[name]);
    }
  };
  visit(document.paths);
  const nameOf = (name: string) => {
    const plain = name.replace(/Input$/, "");
    return used.has(plain) ? name : plain;
  };
  const kept = Object.entries(schemas).filter(([name]) => used.has(name));
  const renamed = Object.fromEntries(kept.map(([name, schema]) => [nameOf(name), schema]));
  const tidy = { ...document, components: { ...document.components, schemas: renamed } };
  return JSON.parse(JSON.stringify(tidy), (key, value: unknown) =>
    key === "$ref" && typeof value === "string" && value.startsWith(prefix)
      ? prefix + nameOf(value.slice(prefix.length))
      : value,
  );
}

/** The components that a part of a document refers to. */
function referredTo(node: unknown): string[] {
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) =>
    key === "$ref" && typeof value === "string" && value.startsWith(prefix)
      ? [value.slice(prefix.length)]
      : referredTo(value),
  );
}
