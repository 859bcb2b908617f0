import { type SpelledKey, spellKey } from "../key-notation.ts";
import type { KeySpelling } from "../kind-hints.ts";
import type { CorrectableFact } from "./correctable-facts.ts";

/** A person's values of some facts of a kind, by their keys. */
export type CorrectedFacts = Readonly<Record<string, unknown>>;

/** What somebody has put in can't be understood. */
export class UnclearCorrectionError extends Error {
  override readonly name = "UnclearCorrectionError";
}

const ways: Readonly<Record<KeySpelling, (key: SpelledKey) => string>> = {
  tonic: ({ tonic }) => tonic,
  mode: ({ mode }) => mode,
  camelot: ({ camelot }) => camelot,
  "open-key": ({ openKey }) => openKey,
};

/**
 * With what follows from what is given: of a key that is written in one way, all others (`{ camelot: "8a" }` is A minor in each). What has words with scores takes words
 * alone, which are certain then.
 *
 * @throws {UnclearCorrectionError} for what is no key, is half of one, or contradicts itself.
 */
export function completeFacts(facts: readonly CorrectableFact[], given: CorrectedFacts): CorrectedFacts {
  const all = Object.entries(given).map(([key, value]) => {
    const fact = facts.find((each) => each.key === key);
    return [key, fact ? withScores(fact, value) : value] as const;
  });
  return { ...Object.fromEntries(all), ...completeKey(facts, given) };
}

function withScores({ item }: CorrectableFact, value: unknown): unknown {
  if (item === null || !Array.isArray(value)) return value;
  return value.map((each: unknown) =>
    typeof each === "string"
      ? { [item.value]: each, ...(item.score === null ? {} : { [item.score]: 1 }) }
      : each,
  );
}

function completeKey(facts: readonly CorrectableFact[], given: CorrectedFacts): CorrectedFacts {
  const spelled = facts.filter(({ correct }) => correct.spells !== undefined);
  const said = spelled.filter(({ key }) => given[key] !== undefined);
  if (said.length === 0) return {};
  const areNone = said.filter(({ key }) => given[key] === null);
  if (areNone.length > 0 && areNone.length < said.length)
    throw new UnclearCorrectionError(
      `expected a key, or null in ${said.map(({ key }) => key).join(" and ")}`,
    );
  const key = areNone.length > 0 ? null : readKey(said, given);
  return Object.fromEntries(
    spelled.map(({ key: name, correct }) => [name, key && ways[correct.spells ?? "tonic"](key)]),
  );
}

function readKey(said: readonly CorrectableFact[], given: CorrectedFacts): SpelledKey {
  const textOf = (spelling: KeySpelling) => {
    const fact = said.find(({ correct }) => correct.spells === spelling);
    return fact && String(given[fact.key]);
  };
  const [tonic, mode] = [textOf("tonic"), textOf("mode")];
  const names = [textOf("camelot"), textOf("open-key"), nameOf(tonic, mode)].filter(
    (name) => name !== undefined,
  );
  const keys = names.map((name) => {
    const key = spellKey(name);
    if (key !== undefined) return key;
    throw new UnclearCorrectionError(
      `expected a key such as "A minor", "8A" or "1m", got "${name.slice(0, 80)}"`,
    );
  });
  const [first] = keys;
  if (first === undefined) throw new UnclearCorrectionError("expected the key's tonic beside its mode");
  if (keys.some(({ camelot }) => camelot !== first.camelot) || (mode !== undefined && mode !== first.mode))
    throw new UnclearCorrectionError(
      `expected one key, got ${[...new Set(keys.map((key) => `${key.tonic} ${key.mode}`))].join(" and ")}${mode === undefined ? "" : ` as ${mode.slice(0, 20)}`}`,
    );
  return first;
}

/** `Am` says its mode itself. */
function nameOf(tonic: string | undefined, mode: string | undefined): string | undefined {
  if (tonic === undefined) return undefined;
  const isBare = /^[a-g]\s?(#|♯|b|♭|sharp|flat)?$/i.test(tonic.trim());
  if (isBare && mode === undefined)
    throw new UnclearCorrectionError("expected the key's mode beside its tonic: major or minor");
  return isBare ? `${tonic} ${mode}` : tonic;
}
