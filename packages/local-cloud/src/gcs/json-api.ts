import { ApiError, notFound, sendJson } from "./api-error.ts";
import { composeObject, copyObject, rewriteObject } from "./copy-object.ts";
import { sendMedia } from "./download.ts";
import { mergePatch, objectFields, parseBody } from "./fields.ts";
import { listObjects } from "./list-objects.ts";
import { checkPreconditions, readNumber, readPreconditions } from "./preconditions.ts";
import { readJson } from "./receive.ts";
import { toBucketResource, toObjectResource } from "./resources.ts";
import type { Call } from "./server-state.ts";

const pageLimit = 1000;

function readLimit(query: URLSearchParams): number {
  return Math.max(1, Math.min(pageLimit, readNumber(query, "maxResults") ?? pageLimit));
}

const unsupported = (call: Call) =>
  new ApiError(405, "methodNotAllowed", `${call.request.method} is not supported here by the local cloud`);

/** `/b` and `/b/BUCKET`. */
export async function handleBuckets(call: Call, bucket: string | undefined): Promise<void> {
  const { state, request, response, query } = call;
  const { buckets } = state;
  const answer = (found: ReturnType<typeof buckets.get>) =>
    sendJson(response, toBucketResource(found, state.url()));
  if (bucket === undefined) {
    if (request.method === "POST") return answer(buckets.create(await readJson(request), state.now()));
    if (request.method !== "GET") throw unsupported(call);
    const limit = readLimit(query);
    const found = buckets.list(query.get("prefix") ?? "", query.get("pageToken") ?? undefined, limit + 1);
    const items = found.slice(0, limit).map((item) => toBucketResource(item, state.url()));
    const last = found.length > limit ? found[limit - 1] : undefined;
    return sendJson(response, {
      kind: "storage#buckets",
      items,
      ...(last ? { nextPageToken: last.name } : {}),
    });
  }
  const conditions = readPreconditions(query);
  if (request.method === "GET") {
    const found = buckets.get(bucket);
    checkPreconditions(conditions, { generation: 0, metageneration: found.metageneration }, "read");
    return answer(found);
  }
  if (request.method === "PATCH") {
    return answer(buckets.patch(bucket, await readJson(request), conditions, state.now()));
  }
  if (request.method !== "DELETE") throw unsupported(call);
  buckets.remove(bucket, conditions);
  response.writeHead(204).end();
}

/** `GET /b/BUCKET/o`. */
export function handleList({ state, response, query }: Call, bucket: string): void {
  state.buckets.get(bucket);
  const page = listObjects(state.database, {
    bucket,
    prefix: query.get("prefix") ?? "",
    delimiter: query.get("delimiter") || undefined,
    startOffset: query.get("startOffset") ?? undefined,
    endOffset: query.get("endOffset") ?? undefined,
    pageToken: query.get("pageToken") ?? undefined,
    limit: readLimit(query),
  });
  sendJson(response, {
    kind: "storage#objects",
    ...(page.nextPageToken === undefined ? {} : { nextPageToken: page.nextPageToken }),
    ...(page.prefixes.length > 0 ? { prefixes: page.prefixes } : {}),
    items: page.objects.map((object) => toObjectResource(object, state.url())),
  });
}

/** `/b/BUCKET/o/OBJECT`. */
export async function handleObject(call: Call, bucket: string, name: string): Promise<void> {
  const { state, request, response, query } = call;
  state.buckets.get(bucket);
  const conditions = readPreconditions(query);
  const find = () => state.objects.get(bucket, name, readNumber(query, "generation"));
  switch (request.method) {
    case "GET": {
      const object = find();
      checkPreconditions(conditions, object, "read");
      if (query.get("alt") === "media") return sendMedia(call, object);
      return sendJson(response, toObjectResource(object, state.url()));
    }
    case "PATCH": {
      const patch = await readJson(request);
      const object = find();
      checkPreconditions(conditions, object, "write");
      const fields = parseBody(objectFields, mergePatch(object.fields, patch));
      return sendJson(
        response,
        toObjectResource(state.objects.update(object, fields, state.now()), state.url()),
      );
    }
    case "DELETE": {
      const object = find();
      checkPreconditions(conditions, object, "write");
      state.objects.remove(object);
      response.writeHead(204).end();
      return;
    }
    default:
      throw unsupported(call);
  }
}

/** `/b/BUCKET/o/OBJECT/...`: what is done with an object as a source or a destination. */
export async function handleObjectAction(
  call: Call,
  bucket: string,
  name: string,
  rest: string[],
): Promise<void> {
  const [action, , toBucket, , toName] = rest;
  if (call.request.method !== "POST") throw unsupported(call);
  if (action === "compose" && rest.length === 1) return composeObject(call, { bucket, name });
  if (toBucket !== undefined && toName !== undefined && rest.length === 5) {
    const to = { bucket: toBucket, name: toName };
    if (action === "copyTo") return copyObject(call, { bucket, name }, to);
    if (action === "rewriteTo") return rewriteObject(call, { bucket, name }, to);
  }
  throw notFound("Not Found");
}
