import { z } from "zod";

/** What is read of an OpenAPI 3.1 document; what it has besides is left alone. */
interface Schema {
  readonly $ref?: string | undefined;
  readonly type?: string | readonly string[] | undefined;
  readonly description?: string | undefined;
  readonly format?: string | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly const?: unknown;
  readonly items?: Schema | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly anyOf?: readonly Schema[] | undefined;
  readonly oneOf?: readonly Schema[] | undefined;
  readonly allOf?: readonly Schema[] | undefined;
}
const Schema: z.ZodType<Schema> = z.lazy(() =>
  z.looseObject({
    $ref: z.string().optional(),
    type: z.union([z.string(), z.array(z.string())]).optional(),
    description: z.string().optional(),
    format: z.string().optional(),
    enum: z.array(z.unknown()).optional(),
    items: Schema.optional().catch(undefined),
    properties: z.record(z.string(), Schema).optional(),
    required: z.array(z.string()).optional(),
    anyOf: z.array(Schema).optional(),
    oneOf: z.array(Schema).optional(),
    allOf: z.array(Schema).optional(),
  }),
);
const Content = z.record(z.string(), z.looseObject({ schema: Schema.optional() }));
const Operation = z.looseObject({
  operationId: z.string().optional(),
  summary: z.string().optional(),
  description: z.string().optional(),
  parameters: z
    .array(
      z.looseObject({
        name: z.string(),
        in: z.string(),
        required: z.boolean().optional(),
        description: z.string().optional(),
        schema: Schema.optional(),
      }),
    )
    .optional(),
  requestBody: z.looseObject({ content: Content }).optional(),
  responses: z
    .record(z.string(), z.looseObject({ description: z.string().optional(), content: Content.optional() }))
    .optional(),
});
const methods = ["get", "post", "put", "patch", "delete"] as const;

export const ApiDocument = z.looseObject({
  info: z.looseObject({ description: z.string().optional() }),
  paths: z.record(z.string(), z.partialRecord(z.enum(methods), Operation)),
  components: z.looseObject({ schemas: z.record(z.string(), Schema).optional() }).optional(),
});
export type ApiDocument = z.output<typeof ApiDocument>;

/** A parameter, or a property of an object. */
export interface Field {
  readonly name: string;
  /** `query`, `header` or `path`; empty: a property. */
  readonly where: string;
  readonly isRequired: boolean;
  readonly type: string;
  readonly description: string;
}

export interface Body {
  readonly contentType: string;
  readonly type: string;
  readonly fields: readonly Field[];
}

export interface Answer {
  readonly status: string;
  readonly description: string;
  /** What it consists of, by content type. */
  readonly bodies: readonly { readonly contentType: string; readonly type: string }[];
}

export interface ReferenceEntry {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  readonly parameters: readonly Field[];
  readonly bodies: readonly Body[];
  readonly answers: readonly Answer[];
}

export interface ReferenceObject {
  readonly name: string;
  readonly type: string;
  readonly description: string;
  readonly fields: readonly Field[];
}

export interface Reference {
  readonly about: string;
  readonly operations: readonly ReferenceEntry[];
  readonly objects: readonly ReferenceObject[];
}

/** A description of an API as people read it: operations in the order of their paths, then the objects that they speak of. */
export function readReference({ info, paths, components }: ApiDocument): Reference {
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item[method];
      return operation ? [readEntry(method, path, operation)] : [];
    }),
  );
  const objects = Object.entries(components?.schemas ?? {}).map(([name, schema]) => ({
    name,
    type: sayType(schema),
    description: schema.description ?? "",
    fields: fieldsOf(schema),
  }));
  return { about: info.description ?? "", operations, objects };
}

function readEntry(method: string, path: string, operation: z.output<typeof Operation>): ReferenceEntry {
  const { operationId, summary, description, parameters = [], requestBody, responses = {} } = operation;
  return {
    id: operationId ?? `${method} ${path}`,
    method: method.toUpperCase(),
    path,
    summary: summary ?? "",
    description: description ?? "",
    parameters: parameters.map((each) => ({
      name: each.name,
      where: each.in,
      isRequired: each.required ?? false,
      type: sayType(each.schema),
      description: each.description ?? "",
    })),
    bodies: Object.entries(requestBody?.content ?? {}).map(([contentType, { schema }]) => ({
      contentType,
      type: sayType(schema),
      fields: schema ? fieldsOf(schema) : [],
    })),
    answers: Object.entries(responses).map(([status, answer]) => ({
      status,
      // What the generator says where nobody has said anything.
      description: answer.description === "Default Response" ? "" : (answer.description ?? ""),
      bodies: Object.entries(answer.content ?? {}).map(([contentType, { schema }]) => ({
        contentType,
        type: sayType(schema),
      })),
    })),
  };
}

function fieldsOf({ properties = {}, required = [], allOf = [] }: Schema): Field[] {
  const own = Object.entries(properties).map(([name, schema]) => ({
    name,
    where: "",
    isRequired: required.includes(name),
    type: sayType(schema),
    description: schema.description ?? "",
  }));
  return [...own, ...allOf.flatMap(fieldsOf)];
}

/** A schema's type in a few words; an object that has a name by its name. */
export function sayType(schema: Schema | undefined): string {
  if (schema === undefined) return "anything";
  const { $ref, type, format, items, anyOf, oneOf, allOf } = schema;
  if ($ref !== undefined) return $ref.slice($ref.lastIndexOf("/") + 1);
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((each) => JSON.stringify(each)).join(" or ");
  const parts = anyOf ?? oneOf;
  if (parts) return [...new Set(parts.map(sayType))].join(" or ");
  if (allOf) return allOf.map(sayType).join(" and ");
  if (type === "array") return `list of ${sayType(items)}`;
  const name = type === undefined ? "anything" : [type].flat().join(" or ");
  return format === undefined ? name : `${name} (${format})`;
}
