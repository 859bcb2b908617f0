import type { Kind, StepSpec } from "@segue/contracts";

/** What is asked for in place of a kind that no step makes any more. */
export interface Replacement {
  readonly kind: Kind;
  /** Of that kind, by name. */
  readonly rendering: string;
}

/**
 * By the name of what they replace. While there is a step of that name, or one that makes such a kind, nothing is replaced.
 *
 * @param made all kinds that steps make.
 */
export function findReplacements(
  made: readonly Kind[],
  steps: ReadonlyMap<string, StepSpec>,
): ReadonlyMap<string, Replacement> {
  const isThere = (name: string) => steps.has(name) || made.some((kind) => kind.name === name);
  return new Map(
    made.flatMap((kind) =>
      Object.entries(kind.renderings).flatMap(([rendering, { replaces }]) =>
        replaces === undefined || isThere(replaces) ? [] : [[replaces, { kind, rendering }] as const],
      ),
    ),
  );
}
