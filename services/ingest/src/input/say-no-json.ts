/**
 * Why a text is not taken for JSON, without anything of what stands in it: a source's URL may hold a secret.
 *
 * @param expected what it was to be.
 */
export function sayNoJson(text: string, expected: string): string {
  try {
    JSON.parse(text);
  } catch (error) {
    const at = / at position (\d+)/.exec(String(error))?.[1];
    return `expected ${expected}, got ${text.trim() === "" ? "nothing" : `what is none${at ? ` (from character ${Number(at) + 1} on)` : ""}`}`;
  }
  // The parser refuses names that programs may take for something else than a field.
  return `expected ${expected} without fields __proto__ or constructor.prototype`;
}
