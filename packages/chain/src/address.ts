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

/**
 * The content address of a step's artifact: a hash of the step's name, version, params and model digest and of its
 * inputs' addresses. Equal addresses mean equal work.
 */
export function addressOf(
  step: Pick<StepSpec, "name" | "version" | "params" | "model">,
  inputs: Readonly<Record<string, string>>,
): string {
  const text = canonicalJson({
    step: step.name,
    version: step.version,
    params: step.params,
    model: step.model?.digest ?? null,
    inputs,
  });
  return createHash("sha256").update(text).digest("hex");
}
