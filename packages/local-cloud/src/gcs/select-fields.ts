import { invalid } from "./api-error.ts";

/** What of a structure is wanted: each name with what is wanted of it, `true` being all. */
type Selection = Map<string, Selection | true>;

function add(into: Selection, path: readonly string[], inner: Selection | true): void {
  const [name, ...rest] = path;
  if (name === undefined) return;
  const before = into.get(name);
  if (before === true) return;
  if (rest.length === 0 && (inner === true || before === undefined)) {
    into.set(name, inner);
    return;
  }
  const next: Selection = before ?? new Map();
  into.set(name, next);
  if (rest.length > 0) add(next, rest, inner);
  else if (inner !== true) for (const [key, value] of inner) add(next, [key], value);
}

/** Parses `a,b/c,d(e,f)`. Throws a 400 for what is not of that form. */
function parseSelection(text: string): Selection {
  const tokens = text.match(/[(),/]|[^(),/\s]+/g) ?? [];
  let at = 0;
  const readList = (closing: string | undefined): Selection => {
    const found: Selection = new Map();
    for (;;) {
      const path = [];
      do {
        const name = tokens[at++];
        if (name === undefined || /^[(),/]$/.test(name)) throw invalid(`Invalid field selection ${text}`);
        path.push(name);
      } while (tokens[at] === "/" && at++ >= 0);
      let inner: Selection | true = true;
      if (tokens[at] === "(") {
        at++;
        inner = readList(")");
      }
      add(found, path, inner);
      const next = tokens[at++];
      if (next === closing) return found;
      if (next !== ",") throw invalid(`Invalid field selection ${text}`);
    }
  };
  return readList(undefined);
}

function select(value: unknown, selection: Selection | true): unknown {
  if (selection === true || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => select(item, selection));
  const entries = Object.entries(value).flatMap(([name, inner]) => {
    const wanted = selection.get(name) ?? selection.get("*");
    return wanted === undefined ? [] : [[name, select(inner, wanted)]];
  });
  return Object.fromEntries(entries);
}

/** The part of an answer that the parameter `fields` asks for, such as `items(name,size),nextPageToken`. */
export function selectFields(value: unknown, fields: string | null): unknown {
  return fields === null || fields === "" ? value : select(value, parseSelection(fields));
}
