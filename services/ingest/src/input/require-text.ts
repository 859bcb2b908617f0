import { ProblemError } from "../problem-error.ts";

/**
 * Refuses strings that are no text: halves of surrogate pairs, which would become U+FFFD where they are hashed or stored, so
 * that two ids would be one; and U+0000, which the database does not take. Names of fields count too.
 *
 * @param whole what the input is called. @throws {ProblemError} `invalid-request`, naming the field.
 */
export function requireText(input: unknown, whole: string): void {
  // A stack of its own: what a client nests deeply must not end the process's.
  const open: { value: unknown; path: string }[] = [{ value: input, path: "" }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, path } = next;
    if (typeof value === "string") checkText(value, path || whole);
    if (typeof value !== "object" || value === null || Buffer.isBuffer(value)) continue;
    for (const [key, inner] of Object.entries(value)) {
      checkText(key, `a name in ${path || whole}`);
      open.push({ value: inner, path: path === "" ? key : `${path}.${key}` });
    }
  }
}

function checkText(text: string, where: string): void {
  const found = !text.isWellFormed()
    ? "half of a surrogate pair"
    : text.includes("\0")
      ? "U+0000"
      : undefined;
  if (found === undefined) return;
  throw new ProblemError(
    "invalid-request",
    `${where.slice(0, 80).toWellFormed()}: expected text, got ${found} in it`,
  );
}
