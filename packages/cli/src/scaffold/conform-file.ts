import type { FoundKind } from "./find-kind.ts";
import { sampleFacts, toCode, toKey } from "./sample-facts.ts";
import { importsOf, lines } from "./source-text.ts";
import { exampleFor, isOfSamples } from "./step-inputs.ts";
import { namesOf, type StepNames } from "./step-names.ts";

/** An input, and what its two samples are made of. */
interface SampledInput {
  readonly name: string;
  readonly found: FoundKind;
  /** The constant that holds the bytes of both samples; null for a kind without payload. */
  readonly bytes: "wavs" | "texts" | null;
}

/** The file that tests what every step promises, on inputs as small as can be. */
export function conformFile({ kebab, camel }: StepNames, kinds: readonly FoundKind[]): [string, string] {
  const inputs = kinds.map((found): SampledInput => {
    const bytes = isOfSamples(found.kind) ? "wavs" : found.kind.payload ? "texts" : null;
    return { name: namesOf(found.kind.name).camel, found, bytes };
  });
  const hasFiles = inputs.some(({ bytes }) => bytes !== null);
  const text = [
    ...(hasFiles
      ? ['import { writeFile } from "node:fs/promises";', 'import { join } from "node:path";']
      : []),
    ...packagesOf(inputs),
    `import { ${camel} } from "./${kebab}.step.ts";`,
    "",
    "// What every step promises; two samples that differ show what one track leaves in the next. More: packages/conform.",
    `conformStep(${camel}, {`,
    `  module: new URL("./${kebab}.step.ts", import.meta.url),`,
    hasFiles ? "  async samples(folder) {" : "  async samples() {",
    ...(hasFiles ? writing : []),
    ...bytesOf(inputs),
    ...inputs.flatMap(factsOf),
    "    return {",
    ...sampleOf("one", 0, inputs),
    ...(hasFiles ? sampleOf("two", 1, inputs) : []),
    "    };",
    "  },",
    "});",
  ];
  return ["src/conform.test.ts", lines(...text)];
}

const writing = [
  "    const write = async (name: string, bytes: string | Uint8Array) => {",
  "      const path = join(folder, name);",
  "      await writeFile(path, bytes);",
  "      return path;",
  "    };",
];

function packagesOf(inputs: readonly SampledInput[]): string[] {
  const types = inputs.map(({ found: { constant, from } }) => ({ name: constant, from }));
  const wavs = inputs.find(({ bytes }) => bytes === "wavs");
  const imports = [
    ...importsOf([{ name: "conformStep", from: "@segue/conform" }]),
    ...importsOf([...types, { name: "FactsOf", from: "@segue/contracts" }], "type "),
    ...((wavs && exampleFor(wavs.found)?.testImports) ?? []),
  ];
  const from = (line: string) => /"(.*)"/.exec(line)?.[1] ?? "";
  return imports.sort((a, b) => (from(a) < from(b) ? -1 : 1));
}

function bytesOf(inputs: readonly SampledInput[]): string[] {
  const used = new Set(inputs.map(({ bytes }) => bytes));
  return [
    ...(used.has("wavs")
      ? [
          "    const wavs = [",
          "      encodeWav(Int16Array.of(0, -16_384), { sampleRateHz: 16_000, channels: 1 }),",
          "      encodeWav(Int16Array.of(9, -3, 500), { sampleRateHz: 16_000, channels: 1 }),",
          "    ] as const;",
        ]
      : []),
    ...(used.has("texts") ? ['    const texts = ["abc", "de"] as const;'] : []),
  ];
}

function factsOf({ name, found: { kind, constant } }: SampledInput): string[] {
  const facts = Object.entries(sampleFacts(kind.facts) as object);
  const head = `    const ${name}Facts: FactsOf<typeof ${constant}> = {`;
  if (facts.length === 0) return [`${head}};`];
  return [head, ...facts.map(([key, value]) => `      ${toKey(key)}: ${toCode(value)},`), "    };"];
}

function sampleOf(sample: string, index: number, inputs: readonly SampledInput[]): string[] {
  return [
    `      ${sample}: {`,
    ...inputs.flatMap(({ name, bytes }) => [
      `        ${name}: {`,
      `          facts: ${name}Facts,`,
      ...(bytes ? [`          path: await write("${sample}-${name}", ${bytes}[${index}]),`] : []),
      "        },",
    ]),
    "      },",
  ];
}
