/** As long as a word that is found by may be, in characters; what follows is not looked at. */
const longestWord = 64;

/**
 * The words of a text as search has them: without case, accents and whatever is neither letter nor digit; each once, at most `most`. `Beyoncé - Déjà Vu.mp3` is
 * `beyonce`, `deja`, `vu`, `mp3`.
 */
export function splitWords(text: string, most: number): string[] {
  const words = text
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "")
    .map((word) => [...word].slice(0, longestWord).join(""));
  return [...new Set(words)].slice(0, most);
}
