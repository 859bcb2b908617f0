import type { FoundKind } from "./find-kind.ts";
import { sampleFacts, toCode, toKey } from "./sample-facts.ts";
import { fit, fitBraces, importsOf, lines } from "./source-text.ts";
import { isOfSamples } from "./step-inputs.ts";
import { namesOf, type StepNames } from "./step-names.ts";
import { kindModule, stepModule, testFolder } from "./step-source.ts";

/** How a step reads an input: samples in chunks, a file of another form, or facts alone. */
type Reading = "samples" | "file" | "facts";

interface ComposedInput extends FoundKind {
  /** Of the input: the kind's name as an identifier. */
  readonly name: string;
  readonly reading: Reading;
}

/**
 * The source files of a step on other kinds than the usual one, on several, or with several outputs: each input comes with its facts, and
 * its payload if it has one.
 */
export function composedFiles(
  names: StepNames,
  kinds: readonly FoundKind[],
  outputs: readonly StepNames[],
): [string, string][] {
  const inputs = kinds.map((found): ComposedInput => {
    const { name, payload } = found.kind;
    const reading = isOfSamples(found.kind) ? "samples" : payload === null ? "facts" : "file";
    return { ...found, name: namesOf(name).camel, reading };
  });
  return [
    ["src/kind.ts", kindModule(names, outputs)],
    [`src/${names.kebab}.step.ts`, stepFile(names, inputs, outputs)],
    [`src/measure-${names.kebab}.ts`, functionFile(names, inputs, outputs)],
    [`src/${names.kebab}.test.ts`, testFile(names, inputs, outputs)],
  ];
}

export function needsSamples(kinds: readonly FoundKind[]): boolean {
  return kinds.some(({ kind }) => isOfSamples(kind));
}

/** Packages of siblings whose kinds are consumed. */
export function siblingsOf(kinds: readonly FoundKind[]): string[] {
  const packages = kinds
    .map(({ from }) => from.replace(/\/kind$/, ""))
    .filter((name) => name !== "@segue/contracts");
  return [...new Set(packages)];
}

function stepFile(names: StepNames, inputs: readonly ComposedInput[], outputs: readonly StepNames[]): string {
  const hasSamples = inputs.some(({ reading }) => reading === "samples");
  return stepModule(names, {
    outputs,
    imports: [],
    consumes: inputs,
    facts: "size: z.number().nonnegative()",
    setup: hasSamples ? ['...(await import("@segue/dsp")),'] : [],
    given: inputs.map(({ name, reading }) => {
      if (reading === "samples") return `work.readWavChunks(${name}.path)`;
      return reading === "file" ? `${name}.path` : `${name}.facts`;
    }),
  });
}

function functionFile(
  { pascal }: StepNames,
  inputs: readonly ComposedInput[],
  outputs: readonly StepNames[],
): string {
  const isSeveral = outputs.length > 1;
  const facts = inputs.filter(({ reading }) => reading === "facts");
  const types = facts.map(({ constant, from }) => ({ name: constant, from }));
  const imports =
    facts.length > 0 ? importsOf([...types, { name: "FactsOf", from: "@segue/contracts" }], "type ") : [];
  const hasFile = inputs.some(({ reading }) => reading === "file");
  const hasSamples = inputs.some(({ reading }) => reading === "samples");
  const parameters = inputs.map(({ name, reading, constant }) => {
    if (reading === "samples") return `${name}: Chunks`;
    return reading === "file" ? `${name}Path: string` : `${name}: FactsOf<typeof ${constant}>`;
  });
  const measured = inputs.flatMap(({ name, reading }) => {
    if (reading === "samples") return [`  for await (const chunk of ${name}) size += chunk.length;`];
    return [
      reading === "file"
        ? `  size += (await stat(${name}Path)).size;`
        : `  size += Object.keys(${name}).length;`,
    ];
  });
  const ofFiles = [...(hasFile ? ["stat"] : []), ...(isSeveral ? ["writeFile"] : [])];
  return lines(
    ...(ofFiles.length > 0 ? [`import { ${ofFiles.join(", ")} } from "node:fs/promises";`] : []),
    ...imports,
    ...(ofFiles.length > 0 || imports.length > 0 ? [""] : []),
    ...(hasSamples ? ["type Chunks = AsyncIterable<Int16Array> | Iterable<Int16Array>;", ""] : []),
    ...(isSeveral ? typesOf(outputs) : []),
    `/** How much there is of all inputs: samples, bytes, facts.${isSeveral ? " Each output tells it, and has a file." : ""} Yours to replace. */`,
    ...fit(
      `export async function measure${pascal}(`,
      isSeveral ? [...parameters, "paths: Paths"] : parameters,
      `): Promise<${isSeveral ? "Sizes" : "{ size: number }"}> {`,
    ),
    "  let size = 0;",
    ...measured,
    ...(isSeveral ? writtenTo(outputs) : ["  return { size };"]),
    "}",
  );
}

function typesOf(outputs: readonly StepNames[]): string[] {
  return [
    "/** Where each output's file goes. */",
    "interface Paths {",
    ...outputs.map(({ camel }) => `  readonly ${camel}: string;`),
    "}",
    "type Sizes = { readonly [Output in keyof Paths]: { size: number } };",
    "",
  ];
}

function writtenTo(outputs: readonly StepNames[]): string[] {
  return [
    "  const facts = { size };",
    ...outputs.map(({ camel }) => `  await writeFile(paths.${camel}, JSON.stringify(facts));`),
    ...fitBraces(
      "  return ",
      outputs.map(({ camel }) => `${camel}: facts`),
      ";",
    ),
  ];
}

function testFile(
  { kebab, camel }: StepNames,
  inputs: readonly ComposedInput[],
  outputs: readonly StepNames[],
): string {
  const isSeveral = outputs.length > 1;
  const isGivenFiles = inputs.some(({ reading }) => reading !== "facts");
  const hasFiles = isGivenFiles || isSeveral;
  const hasSamples = inputs.some(({ reading }) => reading === "samples");
  const expected = inputs.reduce((sum, { kind, reading }) => {
    const count =
      reading === "samples"
        ? 2
        : reading === "file"
          ? 3
          : Object.keys(sampleFacts(kind.facts) as object).length;
    return sum + count;
  }, 0);
  const given = inputs.flatMap(({ name, kind, reading }) => [
    `${name}: {`,
    "  facts: {",
    ...Object.entries(sampleFacts(kind.facts) as object).map(
      ([key, value]) => `    ${toKey(key)}: ${toCode(value)},`,
    ),
    "  },",
    ...(reading === "facts" ? [] : [`  path: join(folder, "${name}"),`]),
    "},",
  ]);
  const written = inputs.flatMap(({ name, reading }) => {
    if (reading === "facts") return [];
    const bytes =
      reading === "file" ? '"abc"' : "encodeWav(Int16Array.of(0, 1), { sampleRateHz: 16_000, channels: 1 })";
    return [`  await writeFile(join(folder, "${name}"), ${bytes});`];
  });
  return lines(
    ...(hasFiles ? testFolder.importsFor({ reads: isSeveral, writes: isGivenFiles }) : []),
    ...(hasSamples ? ['import { encodeWav } from "@segue/dsp";'] : []),
    'import { runStep } from "@segue/step/testing";',
    `import { expect, ${hasFiles ? "onTestFinished, " : ""}test } from "vitest";`,
    `import { ${camel} } from "./${kebab}.step.ts";`,
    "",
    'test("the step reads its inputs and returns what its kind demands", async () => {',
    ...(hasFiles ? testFolder.made : []),
    ...written,
    ...ran(camel, given, isSeveral),
    ...(isSeveral
      ? expectedOf(outputs, expected)
      : [`  expect(result.facts).toEqual({ size: ${expected} });`]),
    "});",
  );
}

function ran(camel: string, given: readonly string[], isSeveral: boolean): string[] {
  if (!isSeveral)
    return [`  const result = await runStep(${camel}, {`, ...given.map((line) => `    ${line}`), "  });"];
  return [
    "  const result = await runStep(",
    `    ${camel},`,
    "    {",
    ...given.map((line) => `      ${line}`),
    "    },",
    "    { outputDir: folder },",
    "  );",
  ];
}

function expectedOf(outputs: readonly StepNames[], size: number): string[] {
  return [
    ...fitBraces(
      "  expect(result.facts).toEqual(",
      outputs.map(({ camel }) => `${camel}: { size: ${size} }`),
      ");",
    ),
    "  for (const path of Object.values(result.outputPaths))",
    `    expect(JSON.parse(await readFile(path, "utf8"))).toEqual({ size: ${size} });`,
  ];
}
