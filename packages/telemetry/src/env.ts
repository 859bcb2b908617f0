import type { z } from "zod";

/** Configuration that does not parse stops the process, naming the variable, what came and what was expected. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/**
 * Parses environment variables, once, at start, into a frozen object. Empty variables count as absent.
 *
 * @throws {ConfigError} listing every variable that is wrong.
 */
export function readEnv<S extends z.ZodObject>(schema: S, env: NodeJS.ProcessEnv): Readonly<z.output<S>> {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const parsed = schema.safeParse(present);
  if (parsed.success) return Object.freeze(parsed.data);
  const problems = parsed.error.issues.map((issue) => {
    const variable = String(issue.path[0]);
    const came = present[variable];
    return `${variable}: ${issue.message}; ${came === undefined ? "it is not set" : `it is ${JSON.stringify(came)}`}`;
  });
  throw new ConfigError(problems.join("\n"));
}
