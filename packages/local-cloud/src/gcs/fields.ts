import { z } from "zod";
import { invalid } from "./api-error.ts";
import { checkFields, dropOwnFields } from "./surface/check-fields.ts";
import { objectFields as objectSurface } from "./surface/fields.ts";

/** The storage classes that Cloud Storage has, or had and still takes. */
const storageClasses = [
  "STANDARD",
  "NEARLINE",
  "COLDLINE",
  "ARCHIVE",
  "MULTI_REGIONAL",
  "REGIONAL",
  "DURABLE_REDUCED_AVAILABILITY",
] as const;

/** A storage class in either spelling, `multi-regional` or `MULTI_REGIONAL`. */
export const storageClass = z
  .string()
  .transform((text) => text.toUpperCase().replaceAll("-", "_"))
  .pipe(z.enum(storageClasses));

const scalarText = z.union([z.string(), z.number(), z.boolean()]).transform(String);

/** What is stored of what the writer of an object stated about it. */
export const storedFields = z.object({
  contentType: z.string().optional(),
  contentEncoding: z.string().optional(),
  contentDisposition: z.string().optional(),
  contentLanguage: z.string().optional(),
  cacheControl: z.string().optional(),
  storageClass: z.string().optional(),
  customTime: z.string().optional(),
  metadata: z.record(z.string(), scalarText).optional(),
});

export type ObjectFields = z.infer<typeof storedFields>;

/** Of a writer's own keys and values together, as Cloud Storage takes them. */
const maxMetadataBytes = 8 * 1024;

function bytesOf(metadata: Readonly<Record<string, string>>): number {
  return Object.entries(metadata)
    .flat()
    .reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

/** The same of a writer who states it now. */
const objectFields = storedFields.extend({
  metadata: storedFields.shape.metadata.refine((metadata = {}) => bytesOf(metadata) <= maxMetadataBytes, {
    error: `expected keys and values of ${maxMetadataBytes} bytes at most`,
  }),
  storageClass: storageClass.optional(),
  customTime: z.iso.datetime({ offset: true, error: "expected a date and time of RFC 3339" }).optional(),
});

/** The metadata part of an upload: fields, the name, and digests for the server to verify. */
const uploadResource = objectFields.extend({
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

/** An object resource as a client sent it, less what the server writes itself. Throws a 400 for what is not built. */
export function readObjectBody(body: unknown): unknown {
  if (body === undefined) return undefined;
  checkFields(body, "An object", objectSurface);
  return dropOwnFields(body, objectSurface);
}

/** What of a resource is stored with an object. */
export const parseObjectFields = (body: unknown): ObjectFields => parseBody(objectFields, body);

/** The resource that an upload or a copy starts with; a field that is null is as good as none. */
export const parseUploadResource = (body: unknown): UploadResource =>
  parseBody(uploadResource, mergePatch({}, readObjectBody(body) ?? {}));

/** Throws a 400 for a change of fields that Cloud Storage does not allow. */
export function checkChange(before: ObjectFields, after: ObjectFields): void {
  const classOf = (fields: ObjectFields) => fields.storageClass ?? "STANDARD";
  if (classOf(after) !== classOf(before))
    throw invalid("storageClass: a rewrite changes it, not a patch or an update");
  if (before.customTime === undefined) return;
  if (after.customTime === undefined) throw invalid("customTime: once set it can't be removed");
  if (Date.parse(after.customTime) < Date.parse(before.customTime))
    throw invalid("customTime: it can't become earlier than it is");
}

/** Takes the fields of a resource apart from what is not a field. The header's type counts where the resource has none. */
export function readFields(resource: UploadResource, contentType: string | undefined): ObjectFields {
  const { name: _name, crc32c: _crc32c, md5Hash: _md5Hash, ...fields } = resource;
  return contentType === undefined || fields.contentType !== undefined ? fields : { ...fields, contentType };
}
