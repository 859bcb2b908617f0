import { type Fact, type FactsSchema, type Place, walkFacts } from "@segue/contracts";
import { formatFact } from "./format-fact.ts";
import { printable } from "./format-text.ts";

/** Of a kind that does not say which. */
const maxFacts = 8;

/** What an artifact is, in words. */
export interface DescribedFacts {
  /** On one line: `116.0 BPM (92 %)`. Null where the kind does not say what that is. */
  readonly summary: string | null;
  /** With all there is room for elsewhere: `-14.2 LUFS, range 6.1 LU, peak -1.0 dBTP`. */
  readonly text: string;
}

/** Facts as their kind wants them shown; by their own names where it does not say, or they are not those that it has today. */
export function describeFacts(facts: readonly Fact[]): DescribedFacts {
  const placed = (place: Place) => facts.filter(({ display }) => display.as === place);
  const subject = placed("summary");
  if (subject.length === 0) return { summary: null, text: listFacts(facts) };
  const words = wordsOf(subject);
  if (words.length === 0) {
    const none = ["none", ...inBrackets(wordsOf(placed("reason")))].join(" ");
    return { summary: none, text: none };
  }
  const summary = [...words, ...inBrackets(wordsOf(placed("aside")))].join(" ");
  const details = placed("detail").filter(({ isDefault }) => !isDefault);
  return { summary, text: [summary, ...details.flatMap(nameFact)].join(", ") };
}

/** As `describeFacts`, of facts as they came. */
export function readFacts(facts: unknown, schema: FactsSchema = {}): DescribedFacts {
  return describeFacts(walkFacts(facts, schema));
}

function wordsOf(facts: readonly Fact[]): string[] {
  return facts.flatMap((fact) => formatFact(fact) ?? []);
}

function inBrackets(words: readonly string[]): string[] {
  return words.length > 0 ? [`(${words.join(", ")})`] : [];
}

/** `peak 0.5, bands.low -12.3, onsets 214 values`. */
function listFacts(facts: readonly Fact[]): string {
  const shown = facts.filter(({ display }) => display.as === undefined || display.as === "detail");
  const first = shown.slice(0, maxFacts).map((fact) => nameFact(fact)[0] ?? `${nameOf(fact)} none`.trim());
  const more = shown.length > maxFacts ? [`and ${shown.length - maxFacts} more`] : [];
  return [...first, ...more].join(", ") || "-";
}

function nameFact(fact: Fact): string[] {
  const text = formatFact(fact);
  return text === undefined ? [] : [`${nameOf(fact)} ${text}`.trim()];
}

function nameOf({ path, display }: Fact): string {
  return printable(display.label ?? path);
}
