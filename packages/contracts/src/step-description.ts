import { z } from "zod";
import { Name } from "./ids.ts";
import { describeKind, KindDescription, kindOf } from "./kind-description.ts";
import { isOneKind, type Produces } from "./outputs.ts";
import { OwnError } from "./own-error.ts";
import { accelerators, type Json, type StepSpec } from "./step-spec.ts";

/** What a step consumes is described by the step that makes it. */
const ConsumedKind = KindDescription.pick({ name: true, retention: true, payload: true });

/** A step as its workers describe it to the rest of the fleet: all of its definition but code. */
export const StepDescription = z.object({
  v: z.literal(1),
  name: Name,
  version: z.int().positive(),
  params: z.json(),
  model: z.object({ name: z.string(), version: z.string(), digest: z.string() }).nullable(),
  consumes: z.record(z.string(), ConsumedKind),
  /** A kind, or several outputs by their names: a server of before these were known leaves such a step out of its chain, and says so. */
  produces: z.union([KindDescription, z.record(z.string(), KindDescription)]),
  budget: z.object({ timeMs: z.number().positive(), memoryMiB: z.number().positive() }),
  /** Servers run no steps: one that is not known is none to them. */
  accelerator: z.enum(accelerators).nullable().catch(null).default(null),
  errors: z.array(OwnError).default([]),
  /** Whose workers host it: its tasks go there. Absent for one of the step's own name. */
  service: Name.optional(),
});
export type StepDescription = z.infer<typeof StepDescription>;

/** @param service the one that hosts it; by default one of its own name. */
export function describeStep(step: StepSpec, service: string = step.service ?? step.name): StepDescription {
  const { name, version, params, model, consumes, produces, budget, accelerator, errors = [] } = step;
  const inputs = Object.entries(consumes).map(([input, kind]) => [input, ConsumedKind.parse(kind)]);
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
        produces: describeOutputs(produces),
        budget,
        accelerator,
        errors,
        service,
      }),
    ),
  );
}

function describeOutputs(produces: Produces): StepDescription["produces"] {
  return isOneKind(produces) ? describeKind(produces) : eachOf(produces, describeKind);
}

function readOutputs(produces: StepDescription["produces"]): Produces {
  return isOneKind(produces) ? kindOf(produces) : eachOf(produces, kindOf);
}

function eachOf<From, To>(
  outputs: Readonly<Record<string, From>>,
  to: (from: From) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(outputs).map(([output, from]) => [output, to(from)]));
}

/** The step that a description is of. */
export function specOf({ params, consumes, produces, ...rest }: StepDescription): StepSpec {
  return {
    name: rest.name,
    version: rest.version,
    model: rest.model,
    budget: rest.budget,
    accelerator: rest.accelerator,
    errors: rest.errors,
    service: rest.service ?? rest.name,
    params: params as Json,
    consumes: Object.fromEntries(
      Object.entries(consumes).map(([input, kind]) => [input, kindOf(KindDescription.parse(kind))]),
    ),
    produces: readOutputs(produces),
  };
}

/** Where descriptions lie in the records bucket; all that starts with it is one. */
export const stepObjectPrefix = "steps/";

export function stepObjectName(step: string): string {
  return `${stepObjectPrefix}${step}.json`;
}
