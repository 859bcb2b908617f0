import { invalid } from "./api-error.ts";

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

/** Where a match may be: what may come next, and where it may be without anything coming. */
interface State {
  readonly on: { readonly takes: (char: string) => boolean; readonly to: State }[];
  readonly free: State[];
}

const newState = (): State => ({ on: [], free: [] });
const isAny = () => true;
const isNoSlash = (char: string) => char !== "/";

/** Adds what a glob says behind a state. @returns where its matches end. */
function append(glob: string, from: State): State {
  let state = from;
  const take = (takes: (char: string) => boolean) => {
    const to = newState();
    state.on.push({ takes, to });
    state = to;
  };
  for (let at = 0; at < glob.length; at++) {
    const char = String.fromCodePoint(glob.codePointAt(at) ?? 0);
    at += char.length - 1;
    if (char === "*") {
      let end = at;
      while (glob[end + 1] === "*") end++;
      // `a/**/b` matches `a/b` as well: the stars stand for any number of segments, none included.
      const isWholeSegment = end > at && (at === 0 || glob[at - 1] === "/") && glob[end + 1] === "/";
      state = appendStars(state, end > at ? isAny : isNoSlash, isWholeSegment);
      at = isWholeSegment ? end + 1 : end;
    } else if (char === "?") take(isNoSlash);
    else if (char === "\\") {
      const escaped = String.fromCodePoint(glob.codePointAt(at + 1) ?? 0x5c);
      take((found) => found === escaped);
      at += escaped.length;
    } else if (char === "[" || char === "{") {
      const close = char === "[" ? "]" : "}";
      const end = findClosing(glob, at, char, close);
      if (end === undefined) throw invalid(`matchGlob: expected ${close} in ${JSON.stringify(glob)}`);
      const inside = glob.slice(at + 1, end);
      if (char === "{") state = appendAlternatives(splitAlternatives(inside), state);
      else {
        const members = new RegExp(`^${translateClass(inside, glob)}$`, "u");
        take((found) => members.test(found));
      }
      at = end;
    } else if (char === "]" || char === "}") {
      throw invalid(`matchGlob: ${char} without an opening one in ${JSON.stringify(glob)}`);
    } else take((found) => found === char);
  }
  return state;
}

function appendStars(from: State, takes: (char: string) => boolean, isWholeSegment: boolean): State {
  const loop = newState();
  const to = newState();
  loop.on.push({ takes, to: loop });
  from.free.push(loop);
  if (isWholeSegment) {
    loop.on.push({ takes: (char) => char === "/", to });
    from.free.push(to);
  } else loop.free.push(to);
  return to;
}

function appendAlternatives(alternatives: readonly string[], from: State): State {
  const to = newState();
  for (const alternative of alternatives) {
    const start = newState();
    from.free.push(start);
    append(alternative, start).free.push(to);
  }
  return to;
}

/** All states that some are at once. */
function spread(states: Iterable<State>): Set<State> {
  const reached = new Set(states);
  // A set yields what is added to it meanwhile.
  for (const state of reached) for (const next of state.free) reached.add(next);
  return reached;
}

/** Longer than the name of any object. */
const maxGlobLength = 1_024;

/**
 * Whether names match a glob as Cloud Storage reads it: `*` and `?` stop at slashes, `**` does not; `[a-z]`, `[!a]`,
 * `{this,that}`, and a backslash before what is to be taken as it is. All ways to match are followed at once, so that no glob takes
 * longer than its length times the name's. Throws a 400 for one that is not whole.
 */
export function compileGlob(glob: string): (name: string) => boolean {
  if (glob.length > maxGlobLength) {
    throw invalid(`matchGlob: expected at most ${maxGlobLength} characters, got ${glob.length}`);
  }
  const start = newState();
  let end: State;
  try {
    end = append(glob, start);
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid(`matchGlob: ${JSON.stringify(glob)} is no valid pattern`);
    throw error;
  }
  return (name) => {
    let states = spread([start]);
    for (const char of name) {
      const next = new Set<State>();
      for (const { on } of states) for (const { takes, to } of on) if (takes(char)) next.add(to);
      states = spread(next);
      if (states.size === 0) return false;
    }
    return states.has(end);
  };
}

/** What every match starts with, so that the index is searched from there. */
export function readGlobPrefix(glob: string): string {
  return /^[^*?[{\\]*/.exec(glob)?.[0] ?? "";
}
