import { z } from "zod";
import { answer } from "./answer.ts";
import { invalid } from "./api-error.ts";
import { joinCrc32c } from "./checksum.ts";
import { parseBody, parseUploadResource, readFields } from "./fields.ts";
import { checkObjectName, type NewObject, type StoredObject } from "./objects.ts";
import { checkPreconditions, type Preconditions, readNumber, readPreconditions } from "./preconditions.ts";
import { publishOrDiscard } from "./publish-object.ts";
import { readJson } from "./receive.ts";
import { toObjectResource } from "./resources.ts";
import type { Call, Target } from "./server-state.ts";
import { checkFields } from "./surface/check-fields.ts";
import { composeFields } from "./surface/fields.ts";
import { requirePermission } from "./with-access.ts";

function readSourceConditions(query: URLSearchParams): Preconditions {
  const source = new URLSearchParams();
  for (const [name, value] of query) {
    if (name.startsWith("ifSource")) source.set(`if${name.slice("ifSource".length)}`, value);
  }
  return readPreconditions(source);
}

/** The source of a copy, if what is asked of it holds, and the object that it becomes. */
function describeCopy({ state, query }: Call, target: Target, body: unknown): [StoredObject, NewObject] {
  const given = parseUploadResource(body);
  const to = { bucket: target.toBucket, name: target.toObject };
  state.buckets.get(to.bucket);
  checkObjectName(to.name);
  const source = state.objects.get(target.bucket, target.object, readNumber(query, "sourceGeneration"));
  checkPreconditions(readSourceConditions(query), source, "write");
  const replaced = readFields(given, undefined);
  const { contentType } = source.fields;
  // The class is not the source's: what names none gets that of the bucket it comes to.
  const { storageClass: _sourceClass, ...kept } = source.fields;
  const fields =
    Object.keys(replaced).length === 0
      ? kept
      : { ...(contentType === undefined ? {} : { contentType }), ...replaced };
  const object: NewObject = {
    ...to,
    blob: state.blobs.link(source.blob),
    sizeBytes: source.sizeBytes,
    digests: { crc32c: source.crc32c, md5: source.md5 ?? undefined },
    fields,
    ...(source.componentCount === null ? {} : { componentCount: source.componentCount }),
  };
  return [source, object];
}

async function copy(call: Call, target: Target): Promise<StoredObject> {
  const [, object] = describeCopy(call, target, await readJson(call.request));
  return publishOrDiscard(call.state, object, readPreconditions(call.query));
}

/** `objects.copy`. No byte is copied: the new object is another link to the same file. */
export async function copyObject(call: Call, target: Target): Promise<void> {
  answer(call, toObjectResource(await copy(call, target), call.state.url()));
}

/** `objects.rewrite`: the same, done with the first request. */
export async function rewriteObject(call: Call, target: Target): Promise<void> {
  const object = await copy(call, target);
  answer(call, {
    kind: "storage#rewriteResponse",
    done: true,
    objectSize: String(object.sizeBytes),
    totalBytesRewritten: String(object.sizeBytes),
    resource: toObjectResource(object, call.state.url()),
  });
}

/** `objects.move`: another name in the same bucket, the old one going at the same moment. */
export async function moveObject(call: Call, target: Target): Promise<void> {
  const { state, query } = call;
  await readJson(call.request);
  if (target.object === target.toObject)
    throw invalid("Source and destination object names must be different.");
  const [source, object] = describeCopy(call, target, undefined);
  const moved = publishOrDiscard(state, object, readPreconditions(query), { objects: [source] });
  answer(call, toObjectResource(moved, state.url()));
}

const composeRequest = z.object({
  destination: z.unknown(),
  deleteSourceObjects: z.boolean().optional(),
  sourceObjects: z
    .array(
      z.object({
        name: z.string(),
        // Google's client for Python writes null for what it does not mean.
        generation: z.coerce.number().nullish(),
        objectPreconditions: z.object({ ifGenerationMatch: z.coerce.number().nullish() }).nullish(),
      }),
    )
    .min(1)
    .max(32),
});

/** `objects.compose`: joins up to 32 objects of one bucket; no byte is copied. Like any composite object it has no MD5. */
export async function composeObject(call: Call, { bucket, object: name }: Target): Promise<void> {
  const { state, request, query } = call;
  const body = await readJson(request);
  checkFields(body, "A compose request", composeFields);
  const { sourceObjects, destination, deleteSourceObjects } = parseBody(composeRequest, body);
  const given = readFields(parseUploadResource(destination), undefined);
  state.buckets.get(bucket);
  checkObjectName(name);
  // Nothing is waited for from here on, so that no source can go or change.
  const sources = sourceObjects.map(({ name: from, generation, objectPreconditions }) => {
    const source = state.objects.get(bucket, from, generation ?? undefined);
    const ifGenerationMatch = objectPreconditions?.ifGenerationMatch ?? undefined;
    checkPreconditions(ifGenerationMatch === undefined ? {} : { ifGenerationMatch }, source, "write");
    return source;
  });
  const gone = deleteSourceObjects ? sources.filter((source) => source.name !== name) : [];
  for (const source of gone) requirePermission(state, "storage.objects.delete", bucket, source.name);
  const contentType = given.contentType ?? sources[0]?.fields.contentType;
  const object: NewObject = {
    bucket,
    name,
    blob: state.blobs.compose(sources.map(({ blob }) => blob)),
    sizeBytes: sources.reduce((sum, source) => sum + source.sizeBytes, 0),
    digests: { crc32c: joinCrc32c(sources), md5: undefined },
    componentCount: sources.reduce((sum, source) => sum + (source.componentCount ?? 1), 0),
    fields: { ...given, ...(contentType === undefined ? {} : { contentType }) },
  };
  const composed = publishOrDiscard(state, object, readPreconditions(query), { objects: gone });
  answer(call, toObjectResource(composed, state.url()));
}
