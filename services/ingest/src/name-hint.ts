/** Longer than any file system's. */
const maxLength = 1_000;

/**
 * What a client's file is called: the last part of a path of either kind. It is a hint for people, so what is no text in it is
 * replaced and the track goes on. Null where nothing is left.
 */
export function nameHint(name: string | null): string | null {
  const last = name?.split(/[/\\]/).at(-1) ?? "";
  const clean = last
    .toWellFormed()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must go.
    .replace(/[\u0000-\u001f\u007f-\u009f]/g, "\ufffd")
    .slice(0, maxLength)
    .toWellFormed()
    .trim();
  return clean === "" || clean === "." || clean === ".." ? null : clean;
}
