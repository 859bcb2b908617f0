import type { Kind } from "./kind.ts";
import type { Produces } from "./outputs.ts";
import type { OwnError } from "./own-error.ts";

/** What one attempt may use. */
export interface Budget {
  /** Wall time in milliseconds; past it the attempt is killed. */
  readonly timeMs: number;
  /** Growth of the worker's resident memory in MiB; past it the attempt is killed. */
  readonly memoryMiB: number;
}

/** What a step's workers need beside CPUs: they belong on nodes that have one. */
export const accelerators = ["gpu"] as const;
export type Accelerator = (typeof accelerators)[number];

/** A model that takes part in a result, and so in its address. */
export interface ModelRef {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of the weights. */
  readonly digest: string;
}

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A step as data: all that the graph, the addresses, topics, charts and docs derive from. */
export interface StepSpec {
  readonly name: string;
  /** Part of the address: raise it when results change, and only this step and what follows is recomputed. */
  readonly version: number;
  readonly params: Json;
  readonly model: ModelRef | null;
  readonly consumes: Readonly<Record<string, Kind>>;
  /** A kind, or several outputs that one run makes. */
  readonly produces: Produces;
  readonly budget: Budget;
  /** Null: CPUs are enough. Not part of the address. */
  readonly accelerator: Accelerator | null;
  /** Permanent errors that the step has beside the catalogue's. Not part of the address. */
  readonly errors?: readonly OwnError[];
  /** The service whose workers host it, where the fleet that it is of has said so. Not part of the address. */
  readonly service?: string;
}
