import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { ModelRef } from "@segue/contracts";
import type { AnyStep } from "@segue/step";

/** What is on this machine of a model's weights: `unchecked` where its steps name no file. */
export type WeightsState = "match" | "differ" | "unreadable" | "unchecked";

/** A model of the chain, and what its weights' file on this machine is. */
export interface CheckedModel extends ModelRef {
  /** Names of the steps whose results depend on it. */
  readonly steps: readonly string[];
  readonly file: string | null;
  readonly state: WeightsState;
  /** What was found where it was not what the chain names: another digest, or why the file can't be read. */
  readonly found: string | null;
}

type ModelStep = Pick<AnyStep, "name" | "model" | "weightsFile">;

/** Reads the weights of every model that steps name, each file once, and compares their SHA-256 with the digest. */
export function checkModels(steps: readonly ModelStep[]): Promise<CheckedModel[]> {
  const uses = new Map<string, { model: ModelRef; file: string | null; steps: string[] }>();
  for (const { name, model, weightsFile: file } of steps) {
    if (model === null) continue;
    const id = JSON.stringify([model.name, model.version, model.digest, file]);
    const use = uses.get(id) ?? { model, file, steps: [] };
    use.steps.push(name);
    uses.set(id, use);
  }
  return Promise.all(
    [...uses.values()].map(async ({ model, file, steps }) => ({
      ...model,
      steps,
      file,
      ...(await compareWeights(file, model.digest)),
    })),
  );
}

async function compareWeights(
  file: string | null,
  digest: string,
): Promise<Pick<CheckedModel, "state" | "found">> {
  if (file === null) return { state: "unchecked", found: null };
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(file), hash);
  } catch (error) {
    return { state: "unreadable", found: error instanceof Error ? error.message : String(error) };
  }
  const found = hash.digest("hex");
  return found === digest ? { state: "match", found: null } : { state: "differ", found };
}

/** What is wrong with a model's weights, in words; null if nothing is, as far as it could be told. */
export function describeProblem({ file, digest, state, found }: CheckedModel): string | null {
  if (state === "differ") return `${file}: expected SHA-256 ${digest}, got ${found}`;
  if (state === "unreadable") return `expected the weights in ${file}: ${found}`;
  return null;
}
