import { createHash } from "node:crypto";
import { isOneKind, type Json, type StepSpec } from "@segue/contracts";

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
type Recipe = Pick<StepSpec, "name" | "version" | "params" | "model" | "produces">;

/** The text whose hash is the address: a step's recipe and its inputs' addresses. */
export function addressText(step: Recipe, inputs: Readonly<Record<string, string>>): string {
  return canonicalJson({
    step: step.name,
    version: step.version,
    params: step.params,
    model: step.model?.digest ?? null,
    inputs,
    // One that came to have several is at another address: an artifact is not read as the record of several. Which they are is no part of it.
    ...(isOneKind(step.produces) ? {} : { outputs: "several" }),
  });
}

/** The text whose hash is the address of one of several outputs. */
export function outputText(madeAt: string, kind: string): string {
  return canonicalJson({ kind, madeAt });
}

/** The address of one of a step's several outputs. @param madeAt the step's own address, where the record of all of them is. */
export function outputAddress(madeAt: string, kind: string): string {
  return createHash("sha256").update(outputText(madeAt, kind)).digest("hex");
}

/**
 * The content address of a step's artifact: a hash of the step's name, version, params and model digest and of its
 * inputs' addresses. Equal addresses mean equal work.
 */
export function addressOf(step: Recipe, inputs: Readonly<Record<string, string>>): string {
  return createHash("sha256").update(addressText(step, inputs)).digest("hex");
}
