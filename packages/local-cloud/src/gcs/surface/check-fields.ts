import { invalid } from "../api-error.ts";
import { isOff, notBuilt, type Surface } from "./handling.ts";

function* listLeaves(
  value: unknown,
  path: string,
  isMap: (path: string) => boolean,
): Iterable<[string, unknown]> {
  if (Array.isArray(value)) {
    for (const item of value) yield* listLeaves(item, path, isMap);
  } else if (typeof value === "object" && value !== null && !isMap(path)) {
    for (const [name, inner] of Object.entries(value))
      yield* listLeaves(inner, path === "" ? name : `${path}.${name}`, isMap);
  } else yield [path, value];
}

/** The handling of a field, or that of the nearest field around it which is handled as a whole. */
function findHandling(surface: Surface, path: string) {
  for (let at = path; at !== ""; at = at.slice(0, Math.max(0, at.lastIndexOf(".")))) {
    if (Object.hasOwn(surface, at)) return { handling: surface[at], at };
  }
  return undefined;
}

/**
 * Throws a 400 that names it for a field of a body that is not built or not known. A field that stands in the table
 * answers for all that is in it. What is off, such as `"enabled": false`, is no wish and passes.
 */
export function checkFields(body: unknown, what: string, surface: Surface): void {
  for (const [path, value] of listLeaves(body, "", (at) => Object.hasOwn(surface, at))) {
    if (path === "") continue;
    const found = findHandling(surface, path);
    const isPrefix = Object.keys(surface).some((name) => name.startsWith(`${path}.`));
    // A structure that is empty, or null to remove it.
    if (!found && isPrefix && isOff(value)) continue;
    if (!found) throw invalid(`${what}: unknown field ${JSON.stringify(path)}`);
    if (found.handling === "refused" && !isOff(value)) throw notBuilt(`${what} with ${found.at}`);
  }
}

/** A body without the fields that the server writes itself. */
export function dropOwnFields(body: unknown, surface: Surface): unknown {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return body;
  return Object.fromEntries(Object.entries(body).filter(([name]) => surface[name] !== "own"));
}
