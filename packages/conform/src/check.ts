import type { Subject } from "./subject.ts";

/** One promise that every step keeps. */
export interface Check {
  /** As a test's name: what holds. */
  readonly title: string;
  /** @throws {Nonconformance} where the step does not keep it. */
  run(subject: Subject): Promise<Finding | undefined>;
}

export type Finding =
  /** There is nothing here to be looked at, and why. */
  | { readonly skipped: string }
  /** What was measured, for the report. */
  | { readonly measured: string };
