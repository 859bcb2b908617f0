import { decodeAll } from "./decode-bytes.ts";

/**
 * Single-byte charsets whose alphabets share no letter with Latin, and languages that are written in them. The handicap
 * keeps the rarer ones from winning a close race.
 */
const alphabets = [
  { charset: "windows-1251", languages: ["ru", "uk", "bg", "sr"], handicap: 0 },
  { charset: "windows-1253", languages: ["el"], handicap: 0.7 },
  { charset: "koi8-r", languages: ["ru"], handicap: 1.5 },
] as const;

/**
 * The charset of another alphabet that a file's texts make sense in; null if they are Latin.
 *
 * Words of another alphabet are high bytes throughout, in one case or capitalised; Latin words have single accents among
 * ASCII. Between alphabets, pairs of letters decide: those of the names of countries in its languages, as ICU has them.
 */
export function readAlphabet(texts: readonly Buffer[]): string | null {
  const all = texts.map((bytes) => bytes.toString("latin1")).join("\n");
  // Letters of either kind: what is a sign in one charset is a letter in another.
  const words =
    all.match(/[A-Za-z\u0080-\u009f\u00a1-\u00aa\u00ac-\u00af\u00b2-\u00b4\u00b8-\u00ba\u00bc-\u00ff]+/g) ??
    [];
  const foreign = words.filter((word) => /[\u0080-\u00ff]/.test(word));
  if (foreign.some((word) => /[A-Za-z]/.test(word))) return null;
  const letters = foreign.join("").length;
  if (letters < 3 || !foreign.some((word) => word.length >= 3)) return null;
  let best: { charset: string; likelihood: number } | null = null;
  for (const { charset, languages, handicap } of alphabets) {
    const decoded = decodeAll(texts, charset)?.join("\n") ?? null;
    if (decoded === null || !isMadeOfWords(decoded)) continue;
    // Three capitals may be letters of a Latin alphabet one by one: Æ, Ø, Å.
    if (letters === 3 && (handicap > 0 || !/\p{Ll}/u.test(decoded))) continue;
    const likelihood = likelihoodIn(decoded, pairsOf(charset, languages)) - handicap;
    if (likelihood > (best?.likelihood ?? Number.NEGATIVE_INFINITY)) best = { charset, likelihood };
  }
  return best?.charset ?? null;
}

function isMadeOfWords(text: string): boolean {
  if (/[^\p{ASCII}\p{L}\u00a0«»–—‘’“”„…№©·•]/u.test(text)) return false;
  return /^(?:[^\p{L}]*(?:\p{Lu}?\p{Ll}+|\p{Lu}+)(?!\p{L}))*[^\p{L}]*$/u.test(text);
}

type Pairs = ReadonlyMap<string, number>;
const known = new Map<string, Pairs>();

/** How often each pair of letters follows each other, words' beginnings and ends included, in 10 000 pairs. */
function pairsOf(charset: string, languages: readonly string[]): Pairs {
  let pairs = known.get(charset);
  if (!pairs) {
    const counts = new Map<string, number>();
    let total = 0;
    for (const language of languages) {
      for (const name of namesOfCountries(language)) {
        for (const pair of lettersInPairs(name)) {
          counts.set(pair, (counts.get(pair) ?? 0) + 1);
          total += 1;
        }
      }
    }
    pairs = new Map([...counts].map(([pair, count]) => [pair, (count * 10_000) / total]));
    known.set(charset, pairs);
  }
  return pairs;
}

function namesOfCountries(language: string): string[] {
  const names = new Intl.DisplayNames([language], { type: "region", fallback: "none" });
  const capitals = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  return capitals.flatMap((a) => capitals.flatMap((b) => names.of(a + b) ?? []));
}

function lettersInPairs(text: string): string[] {
  return (text.toLowerCase().match(/\p{L}+/gu) ?? []).flatMap((word) => {
    const letters = [" ", ...word, " "];
    return letters.slice(1).map((letter, i) => `${letters[i]}${letter}`);
  });
}

/** The mean logarithm of how likely a text's pairs of letters are. */
function likelihoodIn(text: string, pairs: Pairs): number {
  const found = lettersInPairs(text).filter((pair) => /\P{ASCII}/u.test(pair));
  const sum = found.reduce((sum, pair) => sum + Math.log(pairs.get(pair) ?? 0.1), 0);
  return found.length === 0 ? Number.NEGATIVE_INFINITY : sum / found.length;
}
