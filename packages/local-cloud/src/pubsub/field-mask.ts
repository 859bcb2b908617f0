import { z } from "zod";
import { invalidArgument } from "./status-error.ts";

const FieldMask = z.object({ paths: z.array(z.string()).default([]) }).default({ paths: [] });

function camelCase(path: string): string {
  return path.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * The current configuration with the masked fields replaced by the update's. Throws INVALID_ARGUMENT for an empty mask and
 * for a field that cannot be changed. A path into a field replaces the whole field.
 */
export function applyMask<T extends Record<string, unknown>>(
  current: T,
  update: Record<string, unknown>,
  mask: unknown,
  mutable: readonly (keyof T & string)[],
): Record<string, unknown> {
  const { paths } = FieldMask.parse(mask);
  if (paths.length === 0) throw invalidArgument("updateMask", "at least one path", "none");
  const merged: Record<string, unknown> = { ...current };
  for (const path of paths) {
    const field = camelCase(path.split(".")[0] ?? "");
    if (!mutable.some((name) => name === field)) {
      throw invalidArgument("updateMask", `fields that can change (${mutable.join(", ")})`, path);
    }
    merged[field] = update[field];
  }
  return merged;
}
