/** Ways to write a musical key: its tonic and mode, its place on the Camelot wheel, its Open Key code. */

/** Tonics in the order of pitch classes from C on; one spelling each. */
export const tonics = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"] as const;
export type Tonic = (typeof tonics)[number];
export type Mode = "major" | "minor";

/** A key in each of the ways. */
export interface SpelledKey {
  readonly tonic: Tonic;
  readonly mode: Mode;
  readonly camelot: string;
  readonly openKey: string;
}

const naturals: Readonly<Record<string, number>> = { c: 0, d: 2, e: 4, f: 5, g: 7, a: 9, b: 11 };
const nameForm = /^([a-g])(#|♯|b|♭|[\s-]?sharp|[\s-]?flat)?[\s_-]*(major|maj|minor|min|m)?$/i;
const camelotForm = /^(1[0-2]|0?[1-9])([ab])$/i;
const openKeyForm = /^(1[0-2]|0?[1-9])([md])$/i;

/** The key's place on the circle of fifths, 0 for C major and A minor, clockwise. */
function fifthsFromC(tonic: Tonic, mode: Mode): number {
  const relativeMajor = (tonics.indexOf(tonic) + (mode === "minor" ? 3 : 0)) % 12;
  return (relativeMajor * 7) % 12;
}

/** As on the Camelot wheel: `8B` for C major, `8A` for A minor; the number goes up by a fifth. */
export function toCamelot(tonic: Tonic, mode: Mode): string {
  return `${((fifthsFromC(tonic, mode) + 7) % 12) + 1}${mode === "minor" ? "A" : "B"}`;
}

/** As in the Open Key notation: `1d` for C major, `1m` for A minor. */
export function toOpenKey(tonic: Tonic, mode: Mode): string {
  return `${fifthsFromC(tonic, mode) + 1}${mode === "minor" ? "m" : "d"}`;
}

/** The key of `A minor`, `Am`, `a#`, `8A` or `1m`; a tonic alone is major. Undefined: it is no key. */
export function spellKey(text: string): SpelledKey | undefined {
  const given = text.trim();
  const [, camelot, letter] = camelotForm.exec(given) ?? [];
  if (camelot !== undefined) return atFifths(Number(camelot) + 4, /a/i.test(letter ?? ""));
  const [, openKey, sign] = openKeyForm.exec(given) ?? [];
  if (openKey !== undefined) return atFifths(Number(openKey) - 1, /m/i.test(sign ?? ""));
  const [, name, accidental = "", word = ""] = nameForm.exec(given) ?? [];
  if (name === undefined) return undefined;
  const step = /^(#|♯|[\s-]?sharp)$/i.test(accidental) ? 1 : accidental === "" ? 0 : -1;
  const at = ((naturals[name.toLowerCase()] ?? 0) + step + 12) % 12;
  return spelled(at, word === "m" || /^min/i.test(word) ? "minor" : "major");
}

/** `8A` of `8a`, `A minor`, `Am`; undefined: it is no key. */
export function camelotOf(text: string): string | undefined {
  return spellKey(text)?.camelot;
}

function atFifths(fifths: number, isMinor: boolean): SpelledKey {
  const major = (fifths * 7) % 12;
  return isMinor ? spelled((major + 9) % 12, "minor") : spelled(major, "major");
}

/** @param at half tones above C. */
function spelled(at: number, mode: Mode): SpelledKey {
  const tonic = tonics[at] ?? "C";
  return { tonic, mode, camelot: toCamelot(tonic, mode), openKey: toOpenKey(tonic, mode) };
}
