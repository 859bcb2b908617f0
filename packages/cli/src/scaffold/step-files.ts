import { composedFiles, needsSamples, siblingsOf } from "./composed-files.ts";
import { conformFile } from "./conform-file.ts";
import type { FoundKind } from "./find-kind.ts";
import { lines } from "./source-text.ts";
import { exampleFor, type StepInput } from "./step-inputs.ts";
import type { StepNames } from "./step-names.ts";
import { kindModule, stepModule, testFolder } from "./step-source.ts";

/** The files of a new step's service: path within the service's folder to content. */
export function stepFiles(
  names: StepNames,
  kinds: readonly FoundKind[],
  outputs: readonly StepNames[],
  zodVersion: string,
): Map<string, string> {
  const { kebab } = names;
  return new Map([
    ["package.json", manifest(kebab, kinds, zodVersion)],
    ["README.md", readme(names, kinds, outputs)],
    ["src/index.ts", `export * from "./${kebab}.service.ts";\nexport * from "./${kebab}.step.ts";\n`],
    [`src/${kebab}.service.ts`, serviceFile(names)],
    ...sourceFiles(names, kinds, outputs),
    conformFile(names, kinds),
  ]);
}

function sourceFiles(
  names: StepNames,
  kinds: readonly FoundKind[],
  outputs: readonly StepNames[],
): [string, string][] {
  const { kebab } = names;
  const [first, ...others] = kinds;
  const input = first && others.length === 0 && outputs.length === 1 ? exampleFor(first) : undefined;
  if (!input) return composedFiles(names, kinds, outputs);
  return [
    ["src/kind.ts", kindModule(names, outputs)],
    [`src/${kebab}.step.ts`, stepFile(names, input, outputs)],
    [`src/measure-${kebab}.ts`, functionFile(names, input)],
    [`src/${kebab}.test.ts`, testFile(names, input)],
  ];
}

function manifest(kebab: string, kinds: readonly FoundKind[], zodVersion: string): string {
  const needed = [
    ...siblingsOf(kinds),
    ...(needsSamples(kinds) ? ["@segue/dsp"] : []),
    "@segue/contracts",
    "@segue/step",
  ];
  const workspace = Object.fromEntries(needed.sort().map((name) => [name, "workspace:*"]));
  const content = {
    name: `@segue/${kebab}`,
    version: "0.1.0",
    private: true,
    license: "AGPL-3.0-only",
    type: "module",
    // What another service may import of this one: the kind alone.
    exports: { ".": "./src/index.ts", "./kind": "./src/kind.ts" },
    dependencies: { ...workspace, zod: zodVersion },
    devDependencies: { "@segue/conform": "workspace:*" },
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

function readme({ kebab }: StepNames, kinds: readonly FoundKind[], outputs: readonly StepNames[]): string {
  const quoted = (words: readonly string[]) => words.map((word) => `\`${word}\``).join(" and ");
  return lines(
    `# ${kebab}`,
    "",
    `${quoted(kinds.map(({ kind }) => kind.name))} to ${quoted(outputs.map((output) => output.kebab))}.`,
    "",
    "## Where to start reading",
    `\`src/${kebab}.step.ts\`.`,
    "",
    "## How it is tested",
    "Beside the code; and as every step is (`src/conform.test.ts`).",
  );
}

function serviceFile({ kebab, camel }: StepNames): string {
  return lines(
    'import { defineService } from "@segue/step";',
    `import { ${camel} } from "./${kebab}.step.ts";`,
    "",
    "// What its workers take follows from the step's budget, until `resources` says what was measured: see docs/fleet-spec.md.",
    `export const ${camel}Service = defineService({ steps: [${camel}] });`,
  );
}

function stepFile(names: StepNames, input: StepInput, outputs: readonly StepNames[]): string {
  return stepModule(names, {
    outputs,
    imports: input.stepImports,
    consumes: [input],
    facts: `${input.fact}: ${input.schema}`,
    setup: input.setupImports,
    given: [input.chunks],
  });
}

function functionFile({ pascal }: StepNames, { meaning, chunkType, fact, body }: StepInput): string {
  return lines(
    `type Chunks = AsyncIterable<${chunkType}> | Iterable<${chunkType}>;`,
    "",
    "/**",
    ` * ${meaning}`,
    " * They come a chunk at a time: memory stays flat, however long the track is.",
    " */",
    `export async function measure${pascal}(chunks: Chunks): Promise<{ ${fact}: number }> {`,
    ...body,
    "}",
  );
}

function testFile({ kebab, camel, pascal }: StepNames, it: StepInput): string {
  const step = { from: `./${kebab}.step.ts`, name: camel };
  const measure = { from: `./measure-${kebab}.ts`, name: `measure${pascal}` };
  const sorted = step.from < measure.from ? [step, measure] : [measure, step];
  const imports = sorted.map(({ from, name }) => `import { ${name} } from "${from}";`);
  return lines(
    ...testFolder.importsFor({ reads: false, writes: true }),
    ...it.testImports,
    'import { runStep } from "@segue/step/testing";',
    'import { expect, onTestFinished, test } from "vitest";',
    ...imports,
    "",
    `test("${it.testName}", async () => {`,
    `  const chunks = ${it.testChunks};`,
    `  expect(await measure${pascal}(chunks)).toEqual({ ${it.fact}: ${it.testValue} });`,
    `  expect(await measure${pascal}([])).toEqual({ ${it.fact}: 0 });`,
    "});",
    "",
    'test("the step reads its input and returns what its kind demands", async () => {',
    ...testFolder.made,
    `  const path = join(folder, "${it.fileName}");`,
    `  await writeFile(path, ${it.fileBytes});`,
    `  const result = await runStep(${camel}, {`,
    `    ${it.name}: {`,
    "      facts: {",
    ...it.facts.map((line) => `        ${line}`),
    "      },",
    "      path,",
    "    },",
    "  });",
    `  expect(result.facts).toEqual({ ${it.fact}: ${it.testValue} });`,
    "});",
  );
}
