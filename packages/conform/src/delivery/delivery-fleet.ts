// The fleet that a step is delivered to in, also in its worker threads: the step, and producers of what it consumes.
import { createHash } from "node:crypto";
import { copyFile, readFile } from "node:fs/promises";
import { type Kind, Master } from "@segue/contracts";
import { type AnyStep, defineFleet, defineStep, type Fleet } from "@segue/step";

/** SHA-256 of a master to the inputs of a sample, by kind. */
export type Recipes = Readonly<Record<string, Readonly<Record<string, Recipe>>>>;

interface Recipe {
  readonly facts: unknown;
  readonly path?: string | undefined;
}

/** Only what hangs needs so much; that it keeps to its own budget of memory is another test's. */
const budget = { timeMs: 600_000, memoryMiB: 16_384 };

/** @param how whether its inputs are to be read in ranges. */
export function deliveryFleet(step: AnyStep, recipes: Recipes, how: { readonly inRanges: boolean }): Fleet {
  const kinds: Kind[] = Object.values(step.consumes);
  const producers = kinds.filter(({ name }) => name !== Master.name).map((kind) => producerOf(kind, recipes));
  const delivered = { ...step, budget, ...(how.inRanges && { fetchWholeUpToBytes: 0 }) };
  return defineFleet({ conform: [delivered, ...producers] });
}

/** The step that a module exports by some name. @throws {TypeError} where there is none. */
export function exportedStep(module: Readonly<Record<string, unknown>>, name: string, url: string): AnyStep {
  const found = Object.values(module).find(
    (value) =>
      typeof value === "object" &&
      value !== null &&
      "consumes" in value &&
      Reflect.get(value, "name") === name,
  );
  if (!found) throw new TypeError(`${url}: expected to export the step "${name}"`);
  return found as AnyStep;
}

/** Makes of a master what its recipe has: so that what has expired can be made again. */
function producerOf(kind: Kind, recipes: Recipes): AnyStep {
  return defineStep({
    name: `give-${kind.name}`,
    version: 1,
    consumes: { master: Master },
    produces: kind,
    budget,
    setup: async () => null,
    async run({ master }, _work, { outputPath }) {
      const digest = createHash("sha256").update(await readFile(master.path));
      const recipe = recipes[digest.digest("hex")]?.[kind.name];
      if (!recipe) throw new TypeError(`there is no ${kind.name} for this master`);
      if (outputPath && recipe.path) await copyFile(recipe.path, outputPath);
      return recipe.facts;
    },
  });
}
