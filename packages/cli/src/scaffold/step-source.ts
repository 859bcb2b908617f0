import { fit, importsOf, lines } from "./source-text.ts";
import type { StepNames } from "./step-names.ts";

/** What differs between the modules of new steps. */
export interface StepSource {
  /** Lines before the imports that every step has. */
  readonly imports: readonly string[];
  /** Inputs: the name, and the kind's constant with the module that exports it. */
  readonly consumes: readonly { readonly name: string; readonly constant: string; readonly from: string }[];
  /** The fields of the kind's schema. */
  readonly facts: string;
  /** What `setup` gives besides the step's own function: lines of an object. */
  readonly setup: readonly string[];
  /** Arguments of the step's function. */
  readonly given: readonly string[];
}

/** `src/NAME.step.ts`: the step and its kind. */
export function stepModule({ kebab, camel, pascal }: StepNames, source: StepSource): string {
  const { imports, consumes, facts, setup, given } = source;
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
    `export const ${pascal} = defineKind({`,
    `  name: "${kebab}",`,
    '  retention: "derivative",',
    "  payload: null,",
    `  facts: z.object({ ${facts} }),`,
    "});",
    "",
    `export const ${camel} = defineStep({`,
    `  name: "${kebab}",`,
    "  // Part of the address: raise it when results change, and only this step and what follows is recomputed.",
    "  version: 1,",
    `  consumes: { ${consumes.map(({ name, constant }) => `${name}: ${constant}`).join(", ")} },`,
    `  produces: ${pascal},`,
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
    `  async run({ ${consumes.map(({ name }) => name).join(", ")} }, work) {`,
    ...fit(`    return work.measure${pascal}(`, given, ");"),
    "  },",
    "});",
  );
}

/** `src/kind.ts`: what another service may import of this one. */
export function kindModule({ kebab, pascal }: StepNames): string {
  return lines(`export { ${pascal} } from "./${kebab}.step.ts";`);
}

/** Imports of a test that writes its inputs into a folder of its own, and the lines that make it. */
export const testFolder = {
  imports: [
    'import { mkdtemp, rm, writeFile } from "node:fs/promises";',
    'import { tmpdir } from "node:os";',
    'import { join } from "node:path";',
  ],
  made: [
    '  const folder = await mkdtemp(join(tmpdir(), "segue-step-test-"));',
    "  onTestFinished(() => rm(folder, { recursive: true }));",
  ],
} as const;
