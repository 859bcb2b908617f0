import { fit, fitBraces, importsOf, lines } from "./source-text.ts";
import type { StepNames } from "./step-names.ts";

/** What differs between the modules of new steps. */
export interface StepSource {
  /** Lines before the imports that every step has. */
  readonly imports: readonly string[];
  /** Inputs: the name, and the kind's constant with the module that exports it. */
  readonly consumes: readonly { readonly name: string; readonly constant: string; readonly from: string }[];
  /** Kinds, by the names that they get. Several have a file each, and the step writes them in one go. */
  readonly outputs: readonly StepNames[];
  /** The fields of each kind's schema. */
  readonly facts: string;
  /** What `setup` gives besides the step's own function: lines of an object. */
  readonly setup: readonly string[];
  /** Arguments of the step's function. */
  readonly given: readonly string[];
}

/** `src/NAME.step.ts`: the step and its kind. */
export function stepModule({ kebab, camel, pascal }: StepNames, source: StepSource): string {
  const { imports, consumes, outputs, setup } = source;
  const isSeveral = outputs.length > 1;
  const given = isSeveral ? [...source.given, "outputPaths"] : source.given;
  const own = `import("./measure-${kebab}.ts")`;
  return lines(
    ...imports,
    ...importsOf([
      ...consumes.map(({ constant, from }) => ({ name: constant, from })),
      { name: "defineKind", from: "@segue/contracts" },
      { name: "defineStep", from: "@segue/step" },
    ]),
    'import { z } from "zod";',
    "",
    "/** What the step finds. Facts travel in messages and are kept in the database: keep them small. */",
    ...outputs.flatMap((output) => [...kindDefinition(output, source), ""]),
    ...(isSeveral ? ["/** One run makes all of them: they are there together, or none is. */"] : []),
    `export const ${camel} = defineStep({`,
    `  name: "${kebab}",`,
    "  // Part of the address: raise it when results change, and only this step and what follows is recomputed.",
    "  version: 1,",
    `  consumes: { ${consumes.map(({ name, constant }) => `${name}: ${constant}`).join(", ")} },`,
    ...producedBy(outputs),
    "  budget: { timeMs: 10_000, memoryMiB: 256 },",
    ...(setup.length === 0
      ? [`  setup: () => ${own},`]
      : [
          "  setup: async () => ({",
          ...setup.map((line) => `    ${line}`),
          `    ...(await ${own}),`,
          "  }),",
        ]),
    "",
    `  async run({ ${consumes.map(({ name }) => name).join(", ")} }, work${isSeveral ? ", { outputPaths }" : ""}) {`,
    ...fit(`    return work.measure${pascal}(`, given, ");"),
    "  },",
    "});",
  );
}

function kindDefinition({ kebab, pascal }: StepNames, { outputs, facts }: StepSource): string[] {
  const payload = outputs.length > 1 ? '{ contentType: "application/json", extension: "json" }' : "null";
  return [
    `export const ${pascal} = defineKind({`,
    `  name: "${kebab}",`,
    '  retention: "derivative",',
    `  payload: ${payload},`,
    `  facts: z.object({ ${facts} }),`,
    "});",
  ];
}

function producedBy(outputs: readonly StepNames[]): string[] {
  const [only, ...others] = outputs;
  if (only && others.length === 0) return [`  produces: ${only.pascal},`];
  return fitBraces(
    "  produces: ",
    outputs.map(({ camel, pascal }) => `${camel}: ${pascal}`),
    ",",
  );
}

/** `src/kind.ts`: what another service may import of this one. */
export function kindModule({ kebab }: StepNames, outputs: readonly StepNames[]): string {
  const names = outputs.map(({ pascal }) => pascal).sort();
  return lines(...fitBraces("export ", names, ` from "./${kebab}.step.ts";`));
}

/** Imports of a test that writes its inputs into a folder of its own, and the lines that make it. */
export const testFolder = {
  importsFor({ reads, writes }: { readonly reads: boolean; readonly writes: boolean }): string[] {
    const used = ["mkdtemp", ...(reads ? ["readFile"] : []), "rm", ...(writes ? ["writeFile"] : [])];
    return [
      `import { ${used.join(", ")} } from "node:fs/promises";`,
      'import { tmpdir } from "node:os";',
      'import { join } from "node:path";',
    ];
  },
  made: [
    '  const folder = await mkdtemp(join(tmpdir(), "segue-step-test-"));',
    "  onTestFinished(() => rm(folder, { recursive: true }));",
  ],
} as const;
