import { invalid } from "../api-error.ts";
import { isOff, notBuilt, type Surface } from "./handling.ts";

/**
 * Throws a 400 that names it for a query parameter that is not built, not known, or stated twice. `what` is the
 * operation, for the message; `asks` tells whether a value asks for anything: in the XML API the name alone does.
 */
export function checkQuery(
  query: URLSearchParams,
  what: string,
  surface: Surface,
  asks: (value: string) => boolean = (value) => !isOff(value),
): void {
  for (const [name, value] of query) {
    const handling = Object.hasOwn(surface, name) ? surface[name] : undefined;
    if (handling === undefined) throw invalid(`${what}: unknown query parameter ${JSON.stringify(name)}`);
    if (handling === "refused" && asks(value)) throw notBuilt(`${what} with ${name}`);
    if (name !== "permissions" && query.getAll(name).length > 1)
      throw invalid(`${what}: ${name} is stated more than once`);
  }
}
