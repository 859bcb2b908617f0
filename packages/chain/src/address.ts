import { createHash } from "node:crypto";
import type { Json, StepSpec } from "@segue/contracts";

/** JSON with sorted keys and no spaces: equal values give equal text. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

/** The parts of a step that decide what it makes. */
type Recipe = Pick<StepSpec, "name" | "version" | "params" | "model">;

/** The text whose hash is the address: a step's recipe and its inputs' addresses. */
export function addressText(step: Recipe, inputs: Readonly<Record<string, string>>): string {
  return canonicalJson({
    step: step.name,
    version: step.version,
    params: step.params,
    model: step.model?.digest ?? null,
    inputs,
  });
}

/**
 * The content address of a step's artifact: a hash of the step's name, version, params and model digest and of its
 * inputs' addresses. Equal addresses mean equal work.
 */
export function addressOf(step: Recipe, inputs: Readonly<Record<string, string>>): string {
  return createHash("sha256").update(addressText(step, inputs)).digest("hex");
}
