/** What a track is to be like, out of what the query says. Facts are found by their names: nothing here knows a list of kinds. */
import type { SearchCondition, SearchFact } from "@segue/catalog-db";
import { camelotOf, isMetadataName, type SearchFilters, splitWords } from "@segue/contracts";
import { ProblemError } from "../problem-error.ts";
import { harmonicWith } from "./camelot.ts";
import { nameFact, type Searched } from "./name-fact.ts";
import { inOctaves, readNumberRange, readTimeRange } from "./read-ranges.ts";

/** Of one kind of a condition, and words of one. */
const mostOfEach = 20;
const states = ["accepted", "processing", "done", "partial", "failed"];

/** @throws {ProblemError} `invalid-request`, naming what is wrong. */
export function readConditions(filters: SearchFilters, searched: Searched): SearchCondition[] {
  requireCompany(filters);
  const { bpm, duration, loudness, octaves = false, key, harmonic = false, tags } = filters;
  const { state, accepted, words, where } = filters;
  const numbers = { duration, loudness };
  return [
    ...(bpm === undefined ? [] : [tempoOf(bpm, octaves, searched)]),
    ...(key === undefined ? [] : [keyOf(key, harmonic, searched)]),
    ...(tags === undefined ? [] : listOf(tags, ",", "tags").map((tag) => tagOf(tag, searched))),
    ...Object.entries(numbers).flatMap(([name, text]) =>
      text === undefined ? [] : [numberOf(nameFact(searched, name, name, "number"), text, name)],
    ),
    ...(state === undefined ? [] : [stateOf(state)]),
    ...(accepted === undefined
      ? []
      : [{ type: "accepted", ...readTimeRange(accepted, "accepted") } satisfies SearchCondition]),
    ...(words === undefined ? [] : [wordsOf(null, words, "words")]),
    ...(where === undefined ? [] : partsOf(where).map((part) => factOf(part, searched))),
  ];
}

/** What would be left out of account in silence. */
function requireCompany({ bpm, octaves, key, harmonic }: SearchFilters): void {
  if (octaves && bpm === undefined)
    throw new ProblemError("invalid-request", "octaves: expected bpm beside it");
  if (harmonic && key === undefined)
    throw new ProblemError("invalid-request", "harmonic: expected key beside it");
}

function tempoOf(text: string, octaves: boolean, searched: Searched): SearchCondition {
  const ranges = inOctaves(readNumberRange(text, "bpm"), octaves);
  return { type: "number", fact: nameFact(searched, "bpm", "bpm", "number"), ranges };
}

function keyOf(text: string, harmonic: boolean, searched: Searched): SearchCondition {
  const camelots = listOf(text, ",", "key").map((name) => {
    const camelot = camelotOf(name);
    if (camelot !== undefined) return camelot;
    throw new ProblemError(
      "invalid-request",
      `key: expected keys such as "A minor", "F#" or "8A", got "${name.slice(0, 80)}"`,
    );
  });
  const wanted = new Set(harmonic ? camelots.flatMap(harmonicWith) : camelots);
  const any = [...wanted].map((value) => ({ value, leastScore: null }));
  return { type: "keyword", fact: nameFact(searched, "camelot", "key", "keyword"), any };
}

function tagOf(text: string, searched: Searched): SearchCondition {
  const fact = nameFact(searched, "tags", "tags", "keyword");
  return { type: "keyword", fact, any: [scoredOf(fact, text, "tags")] };
}

/** `house:0.5`. What has no scores may have a colon in it. */
function scoredOf({ scored }: SearchFact, text: string, parameter: string) {
  const [, value, score] = /^(.+):\s*([+-]?(?:\d+\.?\d*|\.\d+))$/.exec(text) ?? [];
  if (!scored || value === undefined || score === undefined) return { value: text, leastScore: null };
  const leastScore = Number(score);
  if (leastScore >= 0 && leastScore <= 1) return { value: value.trim(), leastScore };
  throw new ProblemError(
    "invalid-request",
    `${parameter}: expected a score from 0 to 1 behind the colon, got "${text.slice(0, 80)}"`,
  );
}

function stateOf(text: string): SearchCondition {
  const wanted = listOf(text, ",", "state");
  const unknown = wanted.find((state) => !states.includes(state));
  if (unknown !== undefined)
    throw new ProblemError(
      "invalid-request",
      `state: expected ${states.join(", ")}, got "${unknown.slice(0, 80)}"`,
    );
  return { type: "state", states: wanted };
}

/** Of `name=value` that which the fact can be asked for. */
function factOf(part: string, searched: Searched): SearchCondition {
  const at = part.indexOf("=");
  if (at < 1)
    throw new ProblemError("invalid-request", `where: expected name=value, got "${part.slice(0, 80)}"`);
  const name = part.slice(0, at).trim();
  const value = part.slice(at + 1).trim();
  const [, said] = /^metadata\.(.*)$/i.exec(name) ?? [];
  if (said !== undefined) return metadataOf(said, value);
  const fact = nameFact(searched, name, "where");
  const parameter = `where: ${fact.name}`;
  switch (fact.index) {
    case "number":
      return numberOf(fact, value, parameter);
    case "keyword":
      return {
        type: "keyword",
        fact,
        any: listOf(value, "|", parameter).map((each) => scoredOf(fact, each, parameter)),
      };
    case "text":
      return wordsOf(fact, value, parameter);
  }
}

/** What its client has said of it: texts as a whole. Names are strangers': there is no list of them, and none that is unknown. */
function metadataOf(name: string, value: string): SearchCondition {
  if (!isMetadataName(name))
    throw new ProblemError(
      "invalid-request",
      `where: expected metadata.NAME=text with a name that metadata can have, got "${name.slice(0, 80)}"`,
    );
  const parameter = `where: metadata.${name}`;
  return { type: "metadata", name, any: listOf(value, /(?<!\|)\|(?!\|)/, parameter).map(unescapeBar) };
}

function unescapeBar(text: string): string {
  return text.replaceAll("||", "|");
}

function numberOf(fact: SearchFact, text: string, parameter: string): SearchCondition {
  return { type: "number", fact, ranges: [readNumberRange(text, parameter)] };
}

function wordsOf(fact: SearchFact | null, text: string, parameter: string): SearchCondition {
  const words = splitWords(text, mostOfEach);
  if (words.length === 0)
    throw new ProblemError("invalid-request", `${parameter}: expected words, got "${text.slice(0, 80)}"`);
  return { type: "words", fact, words };
}

function listOf(text: string, separator: string | RegExp, parameter: string): string[] {
  const all = text.split(separator).map((each) => each.trim());
  if (all.length <= mostOfEach && !all.includes("")) return all;
  throw new ProblemError(
    "invalid-request",
    `${parameter}: expected 1 to ${mostOfEach}, separated by "${typeof separator === "string" ? separator : "|"}", got "${text.slice(0, 80)}"`,
  );
}

/** Separated by semicolons; a double one is one in a value. */
function partsOf(where: string): string[] {
  const parts = where.split(/(?<!;);(?!;)/).map((part) => part.replaceAll(";;", ";").trim());
  const given = parts.filter((part) => part !== "");
  if (given.length > 0 && given.length <= mostOfEach) return given;
  throw new ProblemError(
    "invalid-request",
    `where: expected 1 to ${mostOfEach} conditions, separated by ";"`,
  );
}
