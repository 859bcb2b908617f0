/** Tonics in the order of pitch classes from C on; one spelling each. */
export const tonics = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"] as const;
export type Tonic = (typeof tonics)[number];
export type Mode = "major" | "minor";

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
