// Writes docs/configuration.md and the list of known variables from the schemas that the processes themselves read their
// environment with; with `--check` only tells whether both are up to date, and whether everything that is mentioned exists.
import { execFileSync } from "node:child_process";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { z } from "zod";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const docsFile = "docs/configuration.md";
const namesFile = "packages/telemetry/src/variable-names.ts";

interface Variable {
  readonly name: string;
  readonly readBy: readonly string[];
  readonly form: string;
  /** By who reads it. */
  readonly whenNotSet: ReadonlyMap<string, string>;
  readonly description: string;
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
});
type Property = z.infer<typeof Property>;

const Schema = z.object({
  description: z.string({ error: "expected .describe(who reads it)" }).min(1),
  properties: z.record(z.string(), z.unknown()),
  required: z.array(z.string()).default([]),
});

/** Variables of all `config.ts`, by name; one that several read has one form and one description. */
async function readVariables(): Promise<Variable[]> {
  const found = new Map<string, Variable>();
  const files = globSync("{packages,services}/*/{src,training}/**/config.ts", { cwd: root }).sort();
  for (const file of files) {
    const { environment } = await import(pathToFileURL(join(root, file)).href);
    if (!(environment instanceof z.ZodObject))
      throw new Error(`${file}: expected an exported zod object "environment"`);
    const schema = parse(Schema, z.toJSONSchema(environment, { io: "input" }), file);
    for (const [name, json] of Object.entries(schema.properties)) {
      const property = parse(Property, json, `${file}: ${name}`);
      const variable: Variable = {
        name,
        readBy: [...(found.get(name)?.readBy ?? []), schema.description],
        form: describeForm(property),
        whenNotSet: new Map([
          ...(found.get(name)?.whenNotSet ?? []),
          [schema.description, describeDefault(property, schema.required.includes(name))],
        ]),
        description: property.description,
      };
      const other = found.get(name);
      if (other && other.description !== variable.description)
        throw new Error(
          `${file}: ${name} is described otherwise elsewhere; share it (packages/telemetry/src/shared-variables.ts)`,
        );
      found.set(name, variable);
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
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
  return pattern ? `text, \`${pattern.replaceAll("|", "\\|")}\`` : "text";
}

function describeDefault(property: Property, required: boolean): string {
  if (property.default !== undefined) {
    const value =
      property.default === false ? "0" : property.default === true ? "1" : String(property.default);
    return `\`${value}\``;
  }
  return required ? "must be set" : "-";
}

const testReaders = new Set(["tests and tools"]);

function renderDocs(variables: readonly Variable[]): string {
  const isOfTests = ({ readBy }: Variable) => readBy.every((reader) => testReaders.has(reader));
  return `# Configuration

Generated from the schemas that the processes read their environment with, by \`npm run configuration\`: edit those
(\`config.ts\` of each package and service), not this page.

A process reads its environment once, at its start. What does not fit its form stops it with one line that names the variable, what came and
what was expected, and with exit code 3. So does a variable whose name begins with \`SEGUE_\` and that nothing reads: with the
nearest name that there is. An empty variable counts as not set. What Kubernetes adds to pods for a Service called \`segue-...\` is passed over.

What a step does lives in its code: versions, budgets and params are part of its definition, not of the environment.

${renderTable(variables.filter((variable) => !isOfTests(variable)))}
## Only in tests and tools

${renderTable(variables.filter(isOfTests))}`;
}

function renderTable(variables: readonly Variable[]): string {
  const rows = variables.map(
    ({ name, form, whenNotSet, description, readBy }) =>
      `| \`${name}\` | ${form} | ${renderDefault(whenNotSet)} | ${description} | ${readBy.join(", ")} |`,
  );
  return `| variable | form | when not set | meaning | read by |\n|---|---|---|---|---|\n${rows.join("\n")}\n`;
}

/** One where all agree; else each with who sees it so. */
function renderDefault(byReader: ReadonlyMap<string, string>): string {
  const distinct = [...new Set(byReader.values())];
  const readersOf = (text: string) =>
    [...byReader].flatMap(([reader, other]) => (other === text ? [reader] : []));
  if (distinct.length === 1) return distinct.join("");
  return distinct.map((text) => `${text} (${readersOf(text).join(", ")})`).join("; ");
}

function renderNames(variables: readonly Variable[]): string {
  const names = variables.map(({ name }) => `  "${name}",`).join("\n");
  return `// Generated by \`npm run configuration\` from the schemas: edit those, not this list.

/** Every variable that some process of Segue reads. */
export const variableNames = [
${names}
] as const;
`;
}

/** \`SEGUE_\` names in what is tracked or about to be, that no schema has. */
function findUnknownNames(variables: readonly Variable[]): string[] {
  const known = new Set(variables.map(({ name }) => name));
  const list = ["ls-files", "--cached", "--others", "--exclude-standard"];
  const files = execFileSync("git", list, { cwd: root, encoding: "utf8" }).split("\n");
  const isText = /\.(ts|mjs|js|py|md|json|yaml|yml|sh)$|Dockerfile$/;
  // Tests invent names, to have them refused.
  const allowed = /\.test\.ts$/;
  return files
    .filter((file) => isText.test(file) && !allowed.test(file))
    .flatMap((file) => {
      const names = readIfThere(file).match(/\bSEGUE_[A-Z0-9]+(?:_[A-Z0-9]+)*\b/g) ?? [];
      return [...new Set(names)]
        .filter((name) => !known.has(name))
        .map((name) => `${file}: ${name} is in no schema`);
    });
}

function readIfThere(file: string): string {
  try {
    return readFileSync(join(root, file), "utf8");
  } catch {
    return "";
  }
}

const variables = await readVariables();
const outputs = [
  { file: docsFile, text: renderDocs(variables) },
  { file: namesFile, text: renderNames(variables) },
];
if (process.argv.includes("--check")) {
  const stale = outputs
    .filter(({ file, text }) => readIfThere(file) !== text)
    .map(({ file }) => `${file} is out of date: npm run configuration`);
  const problems = [...stale, ...findUnknownNames(variables)];
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exit(1);
  console.log(`configuration: ok (${variables.length} variables)`);
} else {
  for (const { file, text } of outputs) writeFileSync(join(root, file), text);
}
