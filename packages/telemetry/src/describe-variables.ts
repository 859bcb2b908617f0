import { z } from "zod";

/** A variable of an environment's schema, for whoever has to set it. */
export interface VariableDescription {
  readonly name: string;
  readonly description: string;
  /** What is expected of it, in words. */
  readonly form: string;
  /** What holds when it is not set, as one would set it; null: nothing does. */
  readonly default: string | null;
  /** A process does not start without it. */
  readonly required: boolean;
  /** What it says is nobody else's business. */
  readonly secret: boolean;
}

const Property = z.object({
  type: z.string().optional(),
  description: z.string({ error: "expected .describe(...)" }).min(1),
  default: z.unknown().optional(),
  enum: z.array(z.string()).optional(),
  pattern: z.string().optional(),
  format: z.string().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  secret: z.boolean().default(false),
});
type Property = z.infer<typeof Property>;

const Schema = z.object({
  description: z.string({ error: "expected .describe(who reads it)" }).min(1),
  properties: z.record(z.string(), z.unknown()),
  required: z.array(z.string()).default([]),
});

/** The variables of a schema, and who reads them. @throws {Error} where one is not described. */
export function describeVariables(environment: z.ZodObject): {
  readonly reader: string;
  readonly variables: readonly VariableDescription[];
} {
  const {
    description: reader,
    properties,
    required,
  } = parse(Schema, z.toJSONSchema(environment, { io: "input" }), "environment");
  const variables = Object.entries(properties).map(([name, json]): VariableDescription => {
    const property = parse(Property, json, `${reader}: ${name}`);
    return {
      name,
      description: property.description,
      form: describeForm(property),
      default: describeDefault(property.default),
      required: required.includes(name),
      secret: property.secret,
    };
  });
  return { reader, variables };
}

function parse<S extends z.ZodType>(schema: S, value: unknown, where: string): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`${where}: ${issue?.message} (${issue?.path.join(".")})`);
}

const largest = Number.MAX_SAFE_INTEGER;

function describeForm({ type, enum: choices, minimum, maximum, format, pattern }: Property): string {
  if (choices) return choices.map((choice) => `\`${choice}\``).join(", ");
  if (type === "integer" || type === "number") {
    const from = minimum === undefined || minimum === -largest ? "" : ` from ${minimum}`;
    const to = maximum === undefined || maximum === largest ? "" : ` to ${maximum}`;
    return `number${from}${to}`;
  }
  if (format === "uri") return "URL";
  if (pattern?.startsWith("^postgres")) return "`postgres://` URL";
  return pattern ? `text, \`${pattern}\`` : "text";
}

function describeDefault(value: unknown): string | null {
  if (value === undefined) return null;
  return value === false ? "0" : value === true ? "1" : String(value);
}
