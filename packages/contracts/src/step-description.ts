import { z } from "zod";
import { Name } from "./ids.ts";
import { OwnError } from "./own-error.ts";
import { accelerators, type Json, type StepSpec } from "./step-spec.ts";

const PayloadDescription = z.object({ contentType: z.string(), extension: z.string() });
const KindDescription = z.object({
  name: Name,
  /** Of one that is not known, nothing is thrown away. */
  retention: z.enum(["intermediate", "derivative"]).catch("derivative"),
  payload: PayloadDescription.nullable(),
});

/** A step as its workers describe it to the rest of the fleet: all of its definition but code and the schemas of facts. */
export const StepDescription = z.object({
  v: z.literal(1),
  name: Name,
  version: z.int().positive(),
  params: z.json(),
  model: z.object({ name: z.string(), version: z.string(), digest: z.string() }).nullable(),
  consumes: z.record(z.string(), KindDescription),
  produces: KindDescription,
  budget: z.object({ timeMs: z.number().positive(), memoryMiB: z.number().positive() }),
  /** Servers run no steps: one that is not known is none to them. */
  accelerator: z.enum(accelerators).nullable().catch(null).default(null),
  errors: z.array(OwnError).default([]),
});
export type StepDescription = z.infer<typeof StepDescription>;

export function describeStep(step: StepSpec): StepDescription {
  const { name, version, params, model, consumes, produces, budget, accelerator, errors = [] } = step;
  const inputs = Object.entries(consumes).map(([input, kind]) => [input, describeKind(kind)]);
  // Through JSON, since params are read-only here.
  return StepDescription.parse(
    JSON.parse(
      JSON.stringify({
        v: 1,
        name,
        version,
        params,
        model,
        consumes: Object.fromEntries(inputs),
        produces: describeKind(produces),
        budget,
        accelerator,
        errors,
      }),
    ),
  );
}

function describeKind({ name, retention, payload }: StepSpec["produces"]) {
  return { name, retention, payload };
}

/** The step that a description is of. Facts are not checked: the worker that makes them has done that. */
export function specOf({ params, consumes, produces, ...rest }: StepDescription): StepSpec {
  const kindOf = (kind: z.infer<typeof KindDescription>) => ({ ...kind, facts: z.unknown() });
  return {
    name: rest.name,
    version: rest.version,
    model: rest.model,
    budget: rest.budget,
    accelerator: rest.accelerator,
    errors: rest.errors,
    params: params as Json,
    consumes: Object.fromEntries(Object.entries(consumes).map(([input, kind]) => [input, kindOf(kind)])),
    produces: kindOf(produces),
  };
}

/** Where descriptions lie in the records bucket; all that starts with it is one. */
export const stepObjectPrefix = "steps/";

export function stepObjectName(step: string): string {
  return `${stepObjectPrefix}${step}.json`;
}
