import { isSchema, valueAt } from "../facts-schema.ts";
import type { CorrectedFacts } from "./complete-facts.ts";
import type { CorrectableFact } from "./correctable-facts.ts";

/** How a machine's number stands to a person's: a machine that hears 64 where people count 128 hears `half`. `none`: there is no machine's value. */
export const relations = ["half", "double", "third", "triple", "other", "none"] as const;
export type Relation = (typeof relations)[number];

/** Where a machine's value disagrees with a person's. */
export interface Difference {
  /** `tempo.bpm`. */
  readonly fact: string;
  readonly person: unknown;
  /** Null: it has none. */
  readonly machine: unknown;
  readonly relation: Relation;
}

const octaves = { half: 1 / 2, double: 2, third: 1 / 3, triple: 3 } as const;

/**
 * In what a machine's facts disagree with what a person has said: numbers by their tolerance, lists of words by their words, all else where it is not the same. Of the
 * ways in which a key is written the Camelot wheel's stands for all.
 */
export function differencesOf(
  facts: readonly CorrectableFact[],
  person: CorrectedFacts,
  machine: unknown,
): Difference[] {
  const hasWheel = facts.some(({ correct, key }) => correct.spells === "camelot" && key in person);
  return facts.flatMap((fact) => {
    const { key, correct, path, name } = fact;
    if (!Object.hasOwn(person, key)) return [];
    if (hasWheel && correct.spells !== undefined && correct.spells !== "camelot") return [];
    const [said, heard] = [person[key], valueAt(machine, path) ?? null];
    const relation = relationOf(fact, said, heard);
    return relation === undefined ? [] : [{ fact: name, person: said, machine: heard, relation }];
  });
}

/** Undefined: they agree. */
function relationOf({ correct, item }: CorrectableFact, said: unknown, heard: unknown): Relation | undefined {
  if (said === null && heard === null) return undefined;
  if (heard === null) return "none";
  if (typeof said === "number" && typeof heard === "number") {
    const { tolerance = 0 } = correct;
    const isNear = (of: number) =>
      Math.abs(heard - of) <= tolerance * Math.abs(of) + Number.EPSILON * Math.abs(of);
    if (isNear(said)) return undefined;
    const octave = correct.octaves
      ? Object.entries(octaves).find(([, factor]) => isNear(said * factor))
      : undefined;
    return relations.find((relation) => relation === octave?.[0]) ?? "other";
  }
  const plain = (value: unknown) =>
    Array.isArray(value)
      ? value
          .map((each) => textOf(wordIn(item, each)))
          .toSorted()
          .join()
      : textOf(value);
  return plain(said) === plain(heard) ? undefined : "other";
}

/** Of equal values equal, in whatever order their properties are. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    isSchema(part) ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}

function wordIn(item: CorrectableFact["item"], each: unknown): unknown {
  return item === null ? each : (valueAt(each, [item.value]) ?? each);
}
