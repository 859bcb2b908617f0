/** What somebody says of a track on a command line, `bpm=128`, as corrections of kinds: by names that the fleet's own kinds have. */
import { type CorrectableFact, correctableFactsOf, type KindReport } from "@segue/contracts";
import { readFactText } from "@segue/wording";

/** What can't be understood of it. */
export class UnclearWordsError extends Error {
  override readonly name = "UnclearWordsError";
}

/** Of each kind what is said of it. @throws {UnclearWordsError} {UnreadableValueError} */
export function readSaid(
  kinds: readonly KindReport[],
  words: readonly string[],
): ReadonlyMap<string, Readonly<Record<string, unknown>>> {
  const facts = kinds.flatMap(({ name, facts: schema }) => correctableFactsOf({ name, schema }));
  const said = new Map<string, Record<string, unknown>>();
  for (const word of words) {
    const at = word.indexOf("=");
    if (at < 1) throw new UnclearWordsError(`expected NAME=VALUE, got "${word}"`);
    const fact = findFact(facts, word.slice(0, at).trim());
    const of = said.get(fact.kind) ?? {};
    if (Object.hasOwn(of, fact.key)) throw new UnclearWordsError(`${fact.name}: expected one value, got two`);
    said.set(fact.kind, { ...of, [fact.key]: readFactText(fact, word.slice(at + 1)) });
  }
  return said;
}

/** By the whole of its name, or its last part where no other ends so. */
function findFact(facts: readonly CorrectableFact[], wanted: string): CorrectableFact {
  const name = wanted.toLowerCase();
  const whole = facts.find((fact) => fact.name.toLowerCase() === name);
  const ending = facts.filter((fact) => fact.name.toLowerCase().endsWith(`.${name}`));
  const found = whole ?? (ending.length === 1 ? ending[0] : undefined);
  if (found) return found;
  const there = facts.map((fact) => fact.name).join(", ") || "none in this fleet";
  throw new UnclearWordsError(`expected a fact that can be corrected, got "${wanted}"; there are: ${there}`);
}
