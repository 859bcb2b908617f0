import { answer } from "./answer.ts";
import { invalid } from "./api-error.ts";
import { sendMedia } from "./download.ts";
import { checkChange, mergePatch, type ObjectFields, parseObjectFields, readObjectBody } from "./fields.ts";
import type { StoredObject } from "./objects.ts";
import { checkEtags, checkPreconditions, readNumber, readPreconditions } from "./preconditions.ts";
import { readJson } from "./receive.ts";
import { formatEtag, toObjectResource } from "./resources.ts";
import type { Call, Target } from "./server-state.ts";

/** The object that a request names, if what the request says must hold of it does. */
function findObject(call: Call, { bucket, object }: Target, intent: "read" | "write"): StoredObject {
  const { state, request, query } = call;
  state.buckets.get(bucket);
  const conditions = readPreconditions(query);
  const found = state.objects.get(bucket, object, readNumber(query, "generation"));
  checkPreconditions(conditions, found, intent);
  checkEtags(request.headers, formatEtag(found), intent);
  return found;
}

/** `objects.get`: the resource, or with `alt=media` the bytes. */
export async function getObject(call: Call, target: Target): Promise<void> {
  const object = findObject(call, target, "read");
  if (call.query.get("alt") === "media") return sendMedia(call, object);
  answer(call, toObjectResource(object, call.state.url()));
}

async function changeObject(
  call: Call,
  target: Target,
  change: (before: ObjectFields, body: unknown) => unknown,
): Promise<void> {
  const { state, request } = call;
  const body = readObjectBody(await readJson(request));
  if (body === undefined) throw invalid("Required: a body with fields of the object");
  const object = findObject(call, target, "write");
  const fields = parseObjectFields(change(object.fields, body));
  checkChange(object.fields, fields);
  answer(call, toObjectResource(state.objects.update(object, fields, state.now()), state.url()));
}

/** `objects.patch`: what the body names changes. */
export const patchObject = (call: Call, target: Target) => changeObject(call, target, mergePatch);

/** `objects.update`: what the body does not name goes; the storage class is not for it to change. */
export const replaceObject = (call: Call, target: Target) =>
  changeObject(call, target, ({ storageClass }, body) => mergePatch({ storageClass }, body));

/** `objects.delete`. */
export function deleteObject(call: Call, target: Target): void {
  call.state.objects.remove(findObject(call, target, "write"));
  call.response.writeHead(204).end();
}
