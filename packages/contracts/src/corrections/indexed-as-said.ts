import { type IndexedFact, type IndexedValue, indexedValuesOf } from "../indexed-facts.ts";
import type { CorrectedFacts } from "./complete-facts.ts";
import { correctedFacts } from "./corrected-facts.ts";

/** A fact of a track that its kind has indexed, and what the track has of it. */
export interface IndexedOfTrack {
  readonly fact: IndexedFact;
  readonly value: IndexedValue;
}

export interface MadeFacts {
  readonly kind: string;
  readonly facts: unknown;
}

export interface SaidFacts {
  readonly kind: string;
  readonly facts: CorrectedFacts;
}

/**
 * What holds for a track, of all that its kinds have indexed: what a person has said of a fact before what a machine has.
 *
 * @param factsOf a kind has indexed.
 */
export function indexedAsSaid(
  made: readonly MadeFacts[],
  said: readonly SaidFacts[],
  factsOf: (kind: string) => readonly IndexedFact[],
): IndexedOfTrack[] {
  return [...madeAsSaid(made, said), ...saidAlone(made, said)].flatMap(({ kind, facts, only }) => {
    const indexed = factsOf(kind).filter(({ path }) => only?.has(path.join(".")) ?? true);
    const values = new Map(indexedValuesOf(indexed, facts).map((value) => [value.name, value]));
    return indexed.flatMap((fact) => {
      const value = values.get(fact.name);
      return value ? [{ fact, value }] : [];
    });
  });
}

interface KnownFacts extends MadeFacts {
  /** By their keys; undefined: all of the kind's. */
  readonly only?: ReadonlySet<string>;
}

function madeAsSaid(made: readonly MadeFacts[], all: readonly SaidFacts[]): KnownFacts[] {
  return made.map(({ kind, facts }) => {
    const said = all.find((each) => each.kind === kind);
    return { kind, facts: said ? correctedFacts(facts, said.facts) : facts };
  });
}

/** What people have said of kinds that no machine has a result of. */
function saidAlone(made: readonly MadeFacts[], all: readonly SaidFacts[]): KnownFacts[] {
  const kinds = new Set(made.map(({ kind }) => kind));
  return all
    .filter(({ kind }) => !kinds.has(kind))
    .map(({ kind, facts }) => ({
      kind,
      facts: correctedFacts(undefined, facts),
      only: new Set(Object.keys(facts)),
    }));
}
