import { z } from "zod";

/** How search, or a column of a table, treats a fact; `vector`: tracks are compared by it (see `vectorFactsOf`); `none`: not at all. */
export const indexes = ["number", "boolean", "keyword", "text", "vector", "none"] as const;
export type Index = (typeof indexes)[number];

/**
 * Where a fact is shown. `summary`: on the one line that says what a result is; `aside`: in brackets behind it; `detail`: where
 * there is room for more; `reason`: in place of a summary that is null; `warnings`: with the track, a list of `Warning`; `title`: it
 * names a track that has no name of its own; `none`: nowhere.
 */
export const places = ["summary", "aside", "detail", "reason", "warnings", "title", "none"] as const;
export type Place = (typeof places)[number];

/** How a number is written. `fraction`: 0 to 1, in per cent; `seconds`: as a clock has it; `bytes`: in kB, MB, ... */
export const numberFormats = ["fraction", "seconds", "bytes"] as const;
export type NumberFormat = (typeof numberFormats)[number];

/** How a fact is shown. On the schema of all of a kind's facts: how the kind is called, and where its column stands. */
export interface DisplayHint {
  /** Default: its name. */
  readonly label?: string | undefined;
  /** What stands behind the number: `BPM`, `LUFS`. */
  readonly unit?: string | undefined;
  /** Digits after the point. */
  readonly precision?: number | undefined;
  readonly format?: NumberFormat | undefined;
  /** Default: a fact of a kind that says of none where it is shown is shown by its name, others are not. */
  readonly as?: Place | undefined;
  /** Of a kind's column, from the left; those without come last. */
  readonly order?: number | undefined;
}

export interface Hints {
  /**
   * Default: by the fact's type. A list of objects has none, unless it is said, or they are warnings: then each counts as what it
   * shows of itself.
   */
  readonly index?: Index | undefined;
  readonly display?: DisplayHint | undefined;
}

/** The keywords that carry hints in a JSON Schema. */
const keywords = { index: "x-index", display: "x-display" } as const;

/**
 * Hints for a fact, for zod's `meta`. They go where the kind's JSON Schema goes: to servers, commands and dashboards that don't have
 * the kind's code.
 *
 * @example
 * z.number().meta(hint({ display: { as: "summary", unit: "dB", precision: 1 } }))
 */
export function hint({ index, display }: Hints): Record<string, unknown> {
  return {
    ...(index === undefined ? {} : { [keywords.index]: index }),
    ...(display === undefined ? {} : { [keywords.display]: display }),
  };
}

/** What a younger release says in words that are not known here is not said. */
const ReadHints = z.object({
  [keywords.index]: z.enum(indexes).optional().catch(undefined),
  [keywords.display]: z
    .object({
      label: z.string().min(1).max(60).optional().catch(undefined),
      unit: z.string().max(20).optional().catch(undefined),
      precision: z.int().min(0).max(20).optional().catch(undefined),
      format: z.enum(numberFormats).optional().catch(undefined),
      as: z.enum(places).optional().catch(undefined),
      order: z.number().optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
});

/** The hints that a part of a JSON Schema has. */
export function hintsOf(schema: object): Hints {
  const { [keywords.index]: index, [keywords.display]: display } = ReadHints.parse(schema);
  return { index, display };
}
