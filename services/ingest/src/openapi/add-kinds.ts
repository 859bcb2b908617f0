import { type FactsSchema, isSchema, type Kind } from "@segue/contracts";
import type { OpenAPIV3_1 } from "openapi-types";

/**
 * The description of the API with the kinds of a chain: a component for the facts of each, and each among a track's results. They
 * come from the kinds' own schemas, whether this process has their code or not.
 */
export function addKinds(document: OpenAPIV3_1.Document, kinds: readonly Kind[]): OpenAPIV3_1.Document {
  const { Track: track, ...schemas } = document.components?.schemas ?? {};
  const results = partOf(track, "properties", "results");
  const result = partOf(results, "additionalProperties");
  const all = kinds.map(({ name, schema }) => ({ name, component: componentOf(name), schema }));
  const facts = all.map(({ name, component, schema }): [string, OpenAPIV3_1.SchemaObject] => [
    component,
    { description: `what is known of a ${name}`, ...moveReferences(schema, `${prefix}${component}`) },
  ]);
  const byKind = all.map(({ name, component }) => [
    name,
    {
      ...result,
      description: `the track's ${name}`,
      properties: { ...partOf(result, "properties"), facts: { $ref: `${prefix}${component}` } },
    },
  ]);
  const typed: OpenAPIV3_1.SchemaObject = {
    ...track,
    properties: {
      ...partOf(track, "properties"),
      results: {
        type: "object",
        description: "by kind; of kinds that the fleet does not make any more, too",
        properties: Object.fromEntries(byKind),
        additionalProperties: {},
      },
    },
  };
  return {
    ...document,
    components: {
      ...document.components,
      schemas: { ...schemas, ...Object.fromEntries(facts), Track: typed },
    },
  };
}

const prefix = "#/components/schemas/";

/** `SpokenWordsFacts` of `spoken-words`. Names that differ stay apart: `a-1` is `A_1`, `a1` is `A1`. */
function componentOf(kind: string): string {
  const parts = kind
    .split("-")
    .map((part) => part.replace(/^[0-9]/, "_$&").replace(/^[a-z]/, (c) => c.toUpperCase()));
  return `${parts.join("")}Facts`;
}

/** References within a schema lead from its own root: in the document that root is a component. */
function moveReferences(schema: FactsSchema, root: string): FactsSchema {
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
    key === "$ref" && typeof value === "string" && value.startsWith("#") ? root + value.slice(1) : value,
  );
}

function partOf(from: unknown, ...path: readonly string[]): FactsSchema {
  const found = path.reduce<unknown>((at, name) => (isSchema(at) ? at[name] : undefined), from);
  if (!isSchema(found)) throw new TypeError(`expected a schema at ${path.join("/")}`);
  return found;
}
