import { z } from "zod";

/** A text of which some values are known here: others may come from a younger release. */
export type Open<Known extends string> = Known | (string & {});

/**
 * For what is read of others: any text passes, and the types make whoever uses it say what an unknown one means there. A value
 * that is checked on its way in, or written, is a `z.enum`.
 */
export function openEnum<const Known extends string>(
  known: readonly Known[],
): z.ZodType<Open<Known>, string> {
  return z.string().meta({ examples: [...known], "x-extensible-enum": [...known] });
}
