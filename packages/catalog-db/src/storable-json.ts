/**
 * JSON that Postgres takes as `jsonb`: it refuses U+0000 and halves of surrogate pairs, which tags of real files hold.
 * Both become U+FFFD.
 */
export function toStorableJson(value: unknown): string {
  const json = JSON.stringify(value);
  // Hardly any holds them, and to look at every text of every row costs several times what writing it does.
  return mayNeedMending.test(json) ? mend(value) : json;
}

/** The same as a value. */
export function toStorable(value: unknown): unknown {
  return mayNeedMending.test(JSON.stringify(value)) ? JSON.parse(mend(value)) : value;
}

/** U+0000 and halves of pairs, as `JSON.stringify` writes them. */
const mayNeedMending = /\\u(?:0000|d[89a-f])/;

function mend(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    isPlainObject(item) ? mendKeys(item) : mendText(item),
  );
}

/** The same of a text alone. */
export function toStorableText(text: string): string {
  return text.toWellFormed().replaceAll("\u0000", "\ufffd");
}

function mendText(item: unknown): unknown {
  return typeof item === "string" ? toStorableText(item) : item;
}

function isPlainObject(item: unknown): item is Record<string, unknown> {
  return typeof item === "object" && item !== null && !Array.isArray(item);
}

function mendKeys(item: Record<string, unknown>): Record<string, unknown> {
  const keys = Object.keys(item);
  if (keys.every((key) => mendText(key) === key)) return item;
  return Object.fromEntries(Object.entries(item).map(([key, inner]) => [String(mendText(key)), inner]));
}
