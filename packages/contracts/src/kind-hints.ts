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

/** Which of the ways to write a key a fact is: those of one kind say the same key, and what is left out follows from what is given. */
export const keySpellings = ["tonic", "mode", "camelot", "open-key"] as const;
export type KeySpelling = (typeof keySpellings)[number];

/** That people may correct a fact, and when a machine's value agrees with theirs. A fact without it is the machine's alone. */
export interface CorrectHint {
  /** Of a number: by which part of a person's value another may be off, and agrees. Default: 0. */
  readonly tolerance?: number | undefined;
  /** Of a number: half, double, a third and triple of it are told from any other that disagrees. */
  readonly octaves?: boolean | undefined;
  readonly spells?: KeySpelling | undefined;
}

export interface Hints {
  /**
   * Default: by the fact's type. A list of objects has none, unless it is said, or they are warnings: then each counts as what it
   * shows of itself.
   */
  readonly index?: Index | undefined;
  readonly display?: DisplayHint | undefined;
  readonly correct?: CorrectHint | undefined;
}

/** The keywords that carry hints in a JSON Schema. */
const keywords = { index: "x-index", display: "x-display", correct: "x-correct" } as const;

/**
 * Hints for a fact, for zod's `meta`. They go where the kind's JSON Schema goes: to servers, commands and dashboards that don't have
 * the kind's code.
 *
 * @example
 * z.number().meta(hint({ display: { as: "summary", unit: "dB", precision: 1 } }))
 */
export function hint({ index, display, correct }: Hints): Record<string, unknown> {
  return {
    ...(index === undefined ? {} : { [keywords.index]: index }),
    ...(display === undefined ? {} : { [keywords.display]: display }),
    ...(correct === undefined ? {} : { [keywords.correct]: correct }),
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
  [keywords.correct]: z
    .object({
      tolerance: z.number().min(0).max(1).optional().catch(undefined),
      octaves: z.boolean().optional().catch(undefined),
      spells: z.enum(keySpellings).optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
});

/** The hints that a part of a JSON Schema has. */
export function hintsOf(schema: object): Hints {
  const read = ReadHints.parse(schema);
  return {
    index: read[keywords.index],
    display: read[keywords.display],
    correct: read[keywords.correct],
  };
}
