import { ApiError, notFound } from "../api-error.ts";
import { notBuilt } from "./handling.ts";
import { notBuiltPaths, type Operation, operations } from "./operations.ts";

export type FoundOperation = {
  readonly operation: Operation;
  /** What stands in the path for `{bucket}`, `{object}`, `{toBucket}` and `{toObject}`. */
  readonly at: ReadonlyMap<string, string>;
};

/** What the parts of a path in braces stand for; undefined when the path is another one. */
function matchPath(path: string, segments: readonly string[]): Map<string, string> | undefined {
  const found = new Map<string, string>();
  for (const [index, part] of path.split("/").entries()) {
    const segment = segments[index];
    if (segment === undefined) return undefined;
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name !== undefined) found.set(name, segment);
    else if (part !== segment) return undefined;
  }
  return found;
}

/**
 * The operation of a method and a path below `/storage/v1/`, given as decoded segments. Throws by name for what is not
 * built, 405 for a method that the path has not, 404 for what is no path of the API.
 */
export function findOperation(method: string, segments: readonly string[]): FoundOperation {
  let known = false;
  for (const operation of operations) {
    if (operation.path.split("/").length !== segments.length) continue;
    const at = matchPath(operation.path, segments);
    if (!at) continue;
    // An object may not be called like what can be done with all of them: Cloud Storage's grammar has this one word.
    if (operation.method === method) {
      if (at.get("object") === "bulkRestore" && method === "POST") continue;
      return { operation, at };
    }
    known = true;
  }
  if (method === "POST" && segments.length === 4 && segments[2] === "o" && segments[3] === "bulkRestore")
    throw notBuilt("objects.bulkRestore (soft-deleted objects)");
  if (method === "POST" && segments.length === 4 && segments[2] === "o" && segments[3] === "watch")
    throw notBuilt("objects.watchAll (notifications over HTTP)");
  const missing = notBuiltPaths.find(([path]) => matchPath(path, segments));
  if (missing) throw notBuilt(missing[1]);
  if (known) throw new ApiError(405, "methodNotAllowed", `${method} is no method of this path`);
  throw notFound("Not Found");
}
