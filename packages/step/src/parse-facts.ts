import {
  isOneKind,
  type Kind,
  outputsOf,
  type Produces,
  type ResultOf,
  StepError,
  sayWhy,
} from "@segue/contracts";
import { factsIn } from "./output-payloads.ts";

/**
 * Facts travel in messages, of at most 10 MB with all that they hold, and into rows: what is larger is a payload. In bytes
 * of JSON, all outputs of a run together. The beats of three hours are 0.2 MB.
 */
export const maxFactsBytes = 4_000_000;

/** @throws {StepError} `invalid-output`, naming the step, what was expected and where. */
export function parseFacts<P extends Produces>(
  step: { readonly name: string; readonly produces: P },
  facts: unknown,
): ResultOf<P> {
  const outputs = outputsOf(step);
  const parsed = outputs.map(({ name, kind }) => [
    name,
    parseOne(step.name, kind, factsIn(step, facts, name)),
  ]);
  refuseLarge(step.name, parsed);
  if (isOneKind(step.produces)) return parsed[0]?.[1] as ResultOf<P>;
  const unknown = Object.keys(facts ?? {}).find((name) => !outputs.some((output) => output.name === name));
  if (unknown !== undefined) {
    const known = outputs.map(({ name }) => name).join(", ");
    throw new StepError(
      "invalid-output",
      `${step.name} returned "${unknown}": expected its outputs ${known}`,
    );
  }
  return Object.fromEntries(parsed);
}

function parseOne(step: string, kind: Kind, facts: unknown): unknown {
  const parsed = kind.facts.safeParse(facts);
  if (parsed.success) return parsed.data;
  throw new StepError("invalid-output", `${step} returned what is no ${kind.name}: ${sayWhy(parsed.error)}`);
}

function refuseLarge(step: string, parsed: unknown): void {
  const sizeBytes = Buffer.byteLength(JSON.stringify(parsed));
  if (sizeBytes <= maxFactsBytes) return;
  const text = `${step} returned facts of ${sizeBytes} bytes of JSON: expected at most ${maxFactsBytes}; what is larger is a payload`;
  throw new StepError("invalid-output", text);
}
