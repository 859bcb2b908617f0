const maxChars = 1000;

/** A tag's text made fit to keep: NULs and control characters gone, bounded at 1000 characters; null if nothing is left. */
export function cleanTagText(text: string): string | null {
  const clean = text
    .slice(0, 4 * maxChars)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed.
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufeff]/g, "")
    .trim();
  // Cut between code points: half a surrogate pair is no text.
  const bounded = clean.length <= maxChars ? clean : [...clean].slice(0, maxChars).join("");
  return bounded.toWellFormed() || null;
}
