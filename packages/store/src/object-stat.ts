import { z } from "zod";
import type { ObjectStat } from "./object.ts";

const objectResource = z.object({
  size: z.coerce.number().int().nonnegative(),
  crc32c: z.string().length(8),
  contentType: z.string().optional(),
  contentEncoding: z.string().optional(),
  generation: z.coerce.string().regex(/^\d+$/),
  metageneration: z.coerce.string().regex(/^\d+$/),
  updated: z.iso.datetime({ offset: true }),
  metadata: z.record(z.string(), z.coerce.string()).optional(),
});

/** Reads the JSON API's object resource. Throws a `ZodError` when it is not one. */
export function parseObjectStat(resource: unknown): ObjectStat {
  const parsed = objectResource.parse(resource);
  return {
    sizeBytes: parsed.size,
    crc32c: parsed.crc32c,
    contentType: parsed.contentType,
    contentEncoding: parsed.contentEncoding,
    generation: parsed.generation,
    metageneration: parsed.metageneration,
    updatedAt: new Date(parsed.updated),
    metadata: parsed.metadata ?? {},
  };
}
