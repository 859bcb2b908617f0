import type { Kind, Produces, StepSpec } from "@segue/contracts";

/** A step as data, for tests of what derives from a chain; each input is named for its kind. */
export function stepSpec(
  name: string,
  consumes: readonly Kind[],
  produces: Produces,
  changes: Partial<StepSpec> = {},
): StepSpec {
  return {
    name,
    version: 1,
    params: null,
    model: null,
    consumes: Object.fromEntries(consumes.map((kind) => [kind.name, kind])),
    produces,
    budget: { timeMs: 10_000, memoryMiB: 512 },
    accelerator: null,
    ...changes,
  };
}
