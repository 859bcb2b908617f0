// The fleet that a step is delivered to in, also in its worker threads: the step, and producers of what it consumes.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { defineKind, type Kind, Master, type Output, outputsOf } from "@segue/contracts";
import { type AnyStep, defineFleet, defineStep, type Fleet } from "@segue/step";
import { z } from "zod";

/** Of the step that the step feeds. */
export const neighbourName = "neighbour";

/** SHA-256 of a master to the inputs of a sample, by kind. */
export type Recipes = Readonly<Record<string, Readonly<Record<string, Recipe>>>>;

interface Recipe {
  readonly facts: unknown;
  readonly path?: string | undefined;
}

/** Only what hangs needs so much; that it keeps to its own budget of memory is another test's. */
const budget = { timeMs: 600_000, memoryMiB: 16_384 };

/** How a step is delivered to. */
export interface Delivering {
  /** Whether its inputs are to be read in ranges. */
  readonly inRanges: boolean;
  /** While this file is there, its neighbour is at work: see `neighbourOf`. */
  readonly gate: string;
}

/** One service, which hosts the step, those that feed it, and one that it feeds. */
export function deliveryFleet(step: AnyStep, recipes: Recipes, how: Delivering): Fleet {
  const kinds: Kind[] = Object.values(step.consumes);
  const producers = kinds.filter(({ name }) => name !== Master.name).map((kind) => producerOf(kind, recipes));
  const delivered = { ...step, budget, ...(how.inRanges && { fetchWholeUpToBytes: 0 }) };
  return defineFleet({ conform: [delivered, ...producers, neighbourOf(takenOf(step).kind, how.gate)] });
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

/** What is taken of a result: how large its payload is, and its SHA-256; of a kind without payload both are empty. */
export const Taken = defineKind({
  name: "taken",
  retention: "derivative",
  payload: null,
  facts: z.object({ sizeBytes: z.int(), sha256: z.string() }),
});

/** The output that the neighbour takes, of several the first. */
export function takenOf(step: Pick<AnyStep, "produces">): Output {
  const [first] = outputsOf(step);
  if (!first) throw new TypeError("expected a step to make something");
  return first;
}

/** Takes what the step makes, and is at it for as long as the gate is shut; says so beside it. */
function neighbourOf(kind: Kind, gate: string): AnyStep {
  return defineStep({
    name: neighbourName,
    version: 1,
    consumes: { made: kind },
    produces: Taken,
    budget,
    setup: async () => null,
    async run({ made }, _work, { scratchDir, signal }) {
      const bytes = made.sizeBytes > 0 ? await readFile(await made.fetch()) : Buffer.alloc(0);
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      await writeFile(join(scratchDir, "taken"), bytes);
      if (existsSync(gate)) await writeFile(`${gate}.held`, "");
      while (existsSync(gate)) await delay(10, undefined, { signal });
      return { sizeBytes: bytes.length, sha256 };
    },
  });
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
