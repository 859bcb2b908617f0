import type { SearchFact } from "@segue/catalog-db";
import { hintsOf, type Kind } from "@segue/contracts";
import { ProblemError } from "../problem-error.ts";

type Index = SearchFact["index"];

/** What can be searched for at the time. */
export interface Searched {
  readonly facts: readonly SearchFact[];
  /** Kinds that are called otherwise than they are named, in small letters. */
  readonly labels: ReadonlyMap<string, string>;
}

export function labelsOf(kinds: readonly Pick<Kind, "name" | "schema">[]): Searched["labels"] {
  return new Map(
    kinds.flatMap(({ name, schema }) => {
      const label = hintsOf(schema).display?.label?.toLowerCase();
      return label === undefined ? [] : [[name, label] as const];
    }),
  );
}

/** Names that an answer lists; more would fill it. */
const mostNames = 60;

/**
 * The fact that is meant by a name: the whole of it, the last part where no other ends so, or a kind, or what that is called, for what it shows of itself first.
 *
 * @param parameter what the name came in.
 * @param index what the fact has to be for this; undefined: anything.
 * @throws {ProblemError} `invalid-request` that says which there are.
 */
export function nameFact(
  { facts, labels }: Searched,
  name: string,
  parameter: string,
  index?: Index,
): SearchFact {
  const { fit, found, ending } = look({ facts, labels }, name, index);
  if (found) return found;
  const what = index === undefined ? "a fact" : `a fact that is a ${index}`;
  if (ending.length > 1)
    throw new ProblemError(
      "invalid-request",
      `${parameter}: expected ${what} alone, got "${name}", which may be ${ending.map((fact) => fact.name).join(", ")}`,
    );
  throw new ProblemError(
    "invalid-request",
    `${parameter}: expected ${what}, got "${name.slice(0, 80)}"; there are: ${listOf(fit)}`,
  );
}

/** The same; undefined: there is none, or it is not clear which one is meant. */
export function findFact(searched: Searched, name: string, index: Index): SearchFact | undefined {
  return look(searched, name, index).found;
}

function look({ facts, labels }: Searched, name: string, index: Index | undefined) {
  const fit = facts.filter((fact) => index === undefined || fact.index === index);
  const wanted = name.toLowerCase();
  const whole = fit.find((fact) => fact.name.toLowerCase() === wanted);
  const ending = fit.filter((fact) => fact.name.toLowerCase().endsWith(`.${wanted}`));
  const shown = fit.find(
    ({ display, kind }) => display.as === "summary" && (kind === wanted || labels.get(kind) === wanted),
  );
  const found = whole ?? (ending.length === 1 ? ending[0] : ending.length === 0 ? shown : undefined);
  return { fit, ending, found };
}

function listOf(facts: readonly SearchFact[]): string {
  if (facts.length === 0) return "none yet";
  const names = facts.slice(0, mostNames).map(({ name }) => name);
  const more = facts.length - names.length;
  return names.join(", ") + (more > 0 ? `, and ${more} more (/v1/search/facts)` : "");
}
