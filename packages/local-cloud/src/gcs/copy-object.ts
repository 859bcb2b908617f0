import { z } from "zod";
import { sendJson } from "./api-error.ts";
import { joinCrc32c } from "./checksum.ts";
import { objectFields, parseBody, uploadResource } from "./fields.ts";
import { checkObjectName, type NewObject, type StoredObject } from "./objects.ts";
import { checkPreconditions, type Preconditions, readNumber, readPreconditions } from "./preconditions.ts";
import { readJson } from "./receive.ts";
import { toObjectResource } from "./resources.ts";
import type { Call, ServerState } from "./server-state.ts";

export type ObjectPath = { readonly bucket: string; readonly name: string };

function publishOrRemove(state: ServerState, object: NewObject, conditions: Preconditions): StoredObject {
  try {
    return state.objects.publish(object, conditions, state.now());
  } catch (error) {
    state.blobs.remove(object.blob);
    throw error;
  }
}

function readSourceConditions(query: URLSearchParams): Preconditions {
  const source = new URLSearchParams();
  for (const [name, value] of query) {
    if (name.startsWith("ifSource")) source.set(`if${name.slice("ifSource".length)}`, value);
  }
  return readPreconditions(source);
}

async function copy(
  { state, request, query }: Call,
  from: ObjectPath,
  to: ObjectPath,
): Promise<StoredObject> {
  const given = parseBody(uploadResource.optional(), await readJson(request));
  state.buckets.get(to.bucket);
  checkObjectName(to.name);
  const source = state.objects.get(from.bucket, from.name, readNumber(query, "sourceGeneration"));
  checkPreconditions(readSourceConditions(query), source, "write");
  const replaced = given && Object.keys(given).length > 0 ? objectFields.parse(given) : undefined;
  const fields = replaced
    ? { ...replaced, contentType: replaced.contentType ?? source.fields.contentType }
    : source.fields;
  const object: NewObject = {
    ...to,
    blob: state.blobs.link(source.blob),
    sizeBytes: source.sizeBytes,
    digests: { crc32c: source.crc32c, md5: source.md5 ?? undefined },
    fields: objectFields.parse(fields),
    ...(source.componentCount === null ? {} : { componentCount: source.componentCount }),
  };
  return publishOrRemove(state, object, readPreconditions(query));
}

/** Copies an object. No byte is copied: the new object is another link to the same file. */
export async function copyObject(call: Call, from: ObjectPath, to: ObjectPath): Promise<void> {
  sendJson(call.response, toObjectResource(await copy(call, from, to), call.state.url()));
}

/** The same, in the form of a rewrite, which here is done with the first request. */
export async function rewriteObject(call: Call, from: ObjectPath, to: ObjectPath): Promise<void> {
  const object = await copy(call, from, to);
  sendJson(call.response, {
    kind: "storage#rewriteResponse",
    done: true,
    objectSize: String(object.sizeBytes),
    totalBytesRewritten: String(object.sizeBytes),
    resource: toObjectResource(object, call.state.url()),
  });
}

const composeRequest = z.object({
  destination: uploadResource.optional(),
  sourceObjects: z
    .array(
      z.object({
        name: z.string(),
        generation: z.coerce.number().optional(),
        objectPreconditions: z.object({ ifGenerationMatch: z.coerce.number().optional() }).optional(),
      }),
    )
    .min(1)
    .max(32),
});

/** Joins up to 32 objects of one bucket into one; no byte is copied. Like any composite object it has no MD5. */
export async function composeObject(call: Call, to: ObjectPath): Promise<void> {
  const { state, request, query, response } = call;
  const { sourceObjects, destination } = parseBody(composeRequest, await readJson(request));
  state.buckets.get(to.bucket);
  checkObjectName(to.name);
  // Nothing is waited for from here on, so that no source can go or change.
  const sources = sourceObjects.map(({ name, generation, objectPreconditions }) => {
    const source = state.objects.get(to.bucket, name, generation);
    const ifGenerationMatch = objectPreconditions?.ifGenerationMatch;
    checkPreconditions(ifGenerationMatch === undefined ? {} : { ifGenerationMatch }, source, "write");
    return source;
  });
  const contentType = destination?.contentType ?? sources[0]?.fields.contentType;
  const object: NewObject = {
    ...to,
    blob: state.blobs.compose(sources.map(({ blob }) => blob)),
    sizeBytes: sources.reduce((sum, source) => sum + source.sizeBytes, 0),
    digests: { crc32c: joinCrc32c(sources), md5: undefined },
    componentCount: sources.reduce((sum, source) => sum + (source.componentCount ?? 1), 0),
    fields: objectFields.parse({ ...destination, ...(contentType === undefined ? {} : { contentType }) }),
  };
  sendJson(response, toObjectResource(publishOrRemove(state, object, readPreconditions(query)), state.url()));
}
