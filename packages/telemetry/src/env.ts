import { z } from "zod";
import { describeUnknownVariables, isOfKubernetes } from "./unknown-variables.ts";
import { variableNames } from "./variable-names.ts";

export { commaList, sharedVariables, wholeNumber } from "./shared-variables.ts";

/** Configuration that does not parse stops the process, naming the variable, what came and what was expected. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** @throws {ConfigError} listing every variable that begins as ours do and that nothing reads. */
export function refuseUnknownVariables(env: NodeJS.ProcessEnv): void {
  const unknown = describeUnknownVariables(env, variableNames);
  if (unknown.length > 0) throw new ConfigError(unknown.join("\n"));
}

/**
 * Parses environment variables, once, at start, into a frozen object. Empty variables, and what Kubernetes adds, count as absent. One that begins as
 * ours do and that nothing reads is a typing error that would be silently without effect.
 *
 * @throws {ConfigError} listing every variable that is wrong or unknown.
 */
export function readEnv<S extends z.ZodObject>(schema: S, env: NodeJS.ProcessEnv): Readonly<z.output<S>> {
  const present = Object.fromEntries(
    Object.entries(env).filter(([name, value]) => value !== "" && !isOfKubernetes(name, value)),
  );
  const parsed = schema.safeParse(present);
  const unknown = describeUnknownVariables(present, [...variableNames, ...Object.keys(schema.shape)]);
  if (parsed.success && unknown.length === 0) return Object.freeze(parsed.data);
  const wrong = (parsed.error?.issues ?? []).map((issue) => {
    const variable = String(issue.path[0]);
    return `${variable}: ${issue.message}; ${describeCame(present[variable], isSecret(schema, variable))}`;
  });
  throw new ConfigError([...wrong, ...unknown].join("\n"));
}

function describeCame(came: string | undefined, secret: boolean): string {
  if (came === undefined) return "it is not set";
  return secret ? "what it is is a secret" : `it is ${JSON.stringify(withoutLogins(came))}`;
}

/** Whoever puts a name and a password into a URL has put them where they are not taken, or not kept. */
function withoutLogins(text: string): string {
  return text.replaceAll(/\/\/[^/\s]*@/g, "//...@");
}

/** What stops a process is in its log. */
function isSecret(schema: z.ZodObject, variable: string): boolean {
  const { properties = {} } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  const property = properties[variable];
  return typeof property === "object" && property.secret === true;
}
