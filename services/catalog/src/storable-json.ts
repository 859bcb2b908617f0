/**
 * JSON that Postgres takes as `jsonb`: it refuses U+0000 and halves of surrogate pairs, which tags of real files hold.
 * Both become U+FFFD.
 */
export function toStorableJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    isPlainObject(item) ? mendKeys(item) : mendText(item),
  );
}

function mendText(item: unknown): unknown {
  return typeof item === "string" ? item.toWellFormed().replaceAll("\u0000", "\ufffd") : item;
}

function isPlainObject(item: unknown): item is Record<string, unknown> {
  return typeof item === "object" && item !== null && !Array.isArray(item);
}

function mendKeys(item: Record<string, unknown>): Record<string, unknown> {
  const keys = Object.keys(item);
  if (keys.every((key) => mendText(key) === key)) return item;
  return Object.fromEntries(Object.entries(item).map(([key, inner]) => [String(mendText(key)), inner]));
}
