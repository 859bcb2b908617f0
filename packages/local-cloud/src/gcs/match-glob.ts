import { invalid } from "./api-error.ts";

const escapeLiteral = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** A character class without its brackets, `[!a-z]` included, as a regular expression; a slash is in none. */
function translateClass(inside: string, glob: string): string {
  const negated = inside.startsWith("!") || inside.startsWith("^");
  const members = (negated ? inside.slice(1) : inside).replace(/\\?(.)/gsu, (written, char) =>
    // A hyphen of its own makes a range; one after a backslash is one.
    written === "-" ? "-" : /[\\\]^[-]/.test(char) ? `\\${char}` : char,
  );
  if (members === "")
    throw invalid(`matchGlob: a character class without a character in ${JSON.stringify(glob)}`);
  return negated ? `[^/${members}]` : `(?!/)[${members}]`;
}

/** Where the brace or bracket that opens at `start` closes, with what is inside; undefined when it does not. */
function findClosing(glob: string, start: number, open: string, close: string): number | undefined {
  let depth = 0;
  for (let at = start; at < glob.length; at++) {
    const char = glob[at];
    if (char === "\\") at++;
    // Classes do not nest: a bracket in one is a member.
    else if (char === open && (open === "{" || depth === 0)) depth++;
    else if (char === close && --depth === 0) return at;
  }
  return undefined;
}

/** Splits at the commas that stand in no inner braces. */
function splitAlternatives(inside: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let depth = 0;
  for (let at = 0; at < inside.length; at++) {
    const char = inside[at];
    if (char === "\\") at++;
    else if (char === "{") depth++;
    else if (char === "}") depth--;
    else if (char === "," && depth === 0) {
      parts.push(inside.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, inside.slice(start)];
}

function translate(glob: string): string {
  let pattern = "";
  for (let at = 0; at < glob.length; at++) {
    const char = glob[at] ?? "";
    if (char === "*") {
      let end = at;
      while (glob[end + 1] === "*") end++;
      const isWholeSegment = (at === 0 || glob[at - 1] === "/") && glob[end + 1] === "/";
      // `a/**/b` matches `a/b` as well: the stars stand for any number of segments, none included.
      if (end > at && isWholeSegment) {
        pattern += "(?:[^]*/)?";
        end++;
      } else pattern += end > at ? "[^]*" : "[^/]*";
      at = end;
    } else if (char === "?") pattern += "[^/]";
    else if (char === "\\") pattern += escapeLiteral(glob[++at] ?? "\\");
    else if (char === "[" || char === "{") {
      const close = char === "[" ? "]" : "}";
      const end = findClosing(glob, at, char, close);
      if (end === undefined) throw invalid(`matchGlob: expected ${close} in ${JSON.stringify(glob)}`);
      const inside = glob.slice(at + 1, end);
      pattern +=
        char === "["
          ? translateClass(inside, glob)
          : `(?:${splitAlternatives(inside).map(translate).join("|")})`;
      at = end;
    } else if (char === "]" || char === "}") {
      throw invalid(`matchGlob: ${char} without an opening one in ${JSON.stringify(glob)}`);
    } else pattern += escapeLiteral(char);
  }
  return pattern;
}

/**
 * Whether names match a glob as Cloud Storage reads it: `*` and `?` stop at slashes, `**` does not; `[a-z]`, `[!a]`,
 * `{this,that}`, and a backslash before what is to be taken as it is. Throws a 400 for one that is not whole.
 */
export function compileGlob(glob: string): (name: string) => boolean {
  let pattern: RegExp;
  try {
    pattern = new RegExp(`^${translate(glob)}$`, "u");
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid(`matchGlob: ${JSON.stringify(glob)} is no valid pattern`);
    throw error;
  }
  return (name) => pattern.test(name);
}

/** What every match starts with, so that the index is searched from there. */
export function readGlobPrefix(glob: string): string {
  return /^[^*?[{\\]*/.exec(glob)?.[0] ?? "";
}
