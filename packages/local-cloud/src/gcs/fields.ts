import { z } from "zod";
import { invalid } from "./api-error.ts";

/** What the writer of an object may state about it. */
export const objectFields = z.object({
  contentType: z.string().optional(),
  contentEncoding: z.string().optional(),
  contentDisposition: z.string().optional(),
  contentLanguage: z.string().optional(),
  cacheControl: z.string().optional(),
  storageClass: z.string().optional(),
  customTime: z.string().optional(),
  metadata: z.record(z.string(), z.coerce.string()).optional(),
});

export type ObjectFields = z.infer<typeof objectFields>;

/** The metadata part of an upload: fields, the name, and digests for the server to verify. */
export const uploadResource = objectFields.extend({
  name: z.string().optional(),
  crc32c: z.string().optional(),
  md5Hash: z.string().optional(),
});

export type UploadResource = z.infer<typeof uploadResource>;

const patchValue = z.record(z.string(), z.unknown());

/** A JSON merge patch (RFC 7396): null removes, objects merge, everything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  const changes = patchValue.safeParse(patch);
  if (!changes.success || Array.isArray(patch)) return patch;
  const before = patchValue.safeParse(target);
  const merged: Record<string, unknown> = before.success && !Array.isArray(target) ? { ...before.data } : {};
  for (const [key, value] of Object.entries(changes.data)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

/** Parses with a schema. Throws a 400 that names the field. */
export function parseBody<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalid(z.prettifyError(parsed.error));
}
