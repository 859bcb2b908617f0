import { z } from "zod";
import { type ErrorFamily, errorCatalogue, errorFamilies, isErrorCode } from "./errors.ts";

/** An error as it was thrown, under whatever code its step gave it. */
export const UnderlyingError = z.object({
  code: z.string().describe("as the step named it"),
  message: z.string().describe("what was expected and what came"),
});
export type UnderlyingError = z.infer<typeof UnderlyingError>;

/**
 * An error in a record or a message. It carries its own words, so that whoever reads it can tell what it means whatever
 * release, or team, the code is of. Failures that were written before this was so have a code and a message.
 */
export const Failure = z.object({
  code: z.string().min(1).describe("of the catalogue at `/v1/errors`, or a step's own"),
  message: z.string().describe("what was expected and what came"),
  /** See `errorFamilies`; others may come. */
  family: z.string().optional().describe("permanent, transient or worker; others may come"),
  meaning: z.string().optional().describe("what the code means"),
  remedy: z.string().optional().describe("what can be done"),
  underlying: UnderlyingError.optional().describe(
    "of a step that was given up: the last error of all its attempts; two failures are the same when these are",
  ),
  attempts: z.int().positive().optional().describe("how many attempts failed before it was given up"),
});
export type Failure = z.infer<typeof Failure>;

export interface FailureWords {
  readonly family: ErrorFamily;
  readonly meaning: string;
  readonly remedy: string;
}

/** What a failure means: its own words first, then the catalogue's, then that nobody here knows. */
export function wordsOf(failure: Omit<Failure, "message">): FailureWords {
  const known = isErrorCode(failure.code) ? errorCatalogue[failure.code] : undefined;
  return {
    // One of a family that is not known may pass: trying again loses nothing.
    family: known?.family ?? errorFamilies.find((family) => family === failure.family) ?? "transient",
    meaning:
      failure.meaning ??
      known?.meaning ??
      "An error of a step's own, or of a younger release, which said no more.",
    remedy: failure.remedy ?? known?.remedy ?? "Read the message, and ask those who run the step.",
  };
}
