import { createHash } from "node:crypto";
import { ApiError } from "./api-error.ts";
import { joinCrc32c } from "./checksum.ts";
import type { ObjectFields } from "./fields.ts";
import { isNamed } from "./lifecycle.ts";
import type { MultipartPart } from "./multipart-uploads.ts";
import { checkObjectName } from "./objects.ts";
import { readHeaderPreconditions, readNumber } from "./preconditions.ts";
import { publishOrDiscard } from "./publish-object.ts";
import { readBody, readText } from "./receive.ts";
import type { Call, SharedState } from "./server-state.ts";
import { storeBlob } from "./store-object.ts";
import type { ExpectedBytes } from "./upload.ts";
import { sendXml, unescapeXml, type XmlContent } from "./xml.ts";

const maxParts = 10_000;
/** A part that is not the last one has at least as much. */
const minPartBytes = 5 * 1024 * 1024;
const dayMs = 86_400_000;

const quoteMd5 = (md5: string) => `"${Buffer.from(md5, "base64").toString("hex")}"`;
const iso = (ms: number) => new Date(ms).toISOString();

/** `POST ?uploads`: what the object will be stated with is stated now. */
export function startMultipart(
  { state, response }: Call,
  bucket: string,
  name: string,
  fields: ObjectFields,
): void {
  state.buckets.get(bucket);
  checkObjectName(name);
  const id = state.multipartUploads.create(bucket, name, fields, state.now());
  sendXml(response, "InitiateMultipartUploadResult", [
    ["Bucket", bucket],
    ["Key", name],
    ["UploadId", id],
  ]);
}

/** `PUT ?partNumber=&uploadId=`: one part, whole or not at all; the newest of a number counts. */
export async function putPart(
  call: Call,
  bucket: string,
  name: string,
  expected: ExpectedBytes,
): Promise<void> {
  const { state, request, response, query } = call;
  const id = query.get("uploadId") ?? "";
  const number = readNumber(query, "partNumber") ?? 0;
  if (number < 1 || number > maxParts)
    throw new ApiError(400, "InvalidArgument", `partNumber: expected 1 to ${maxParts}`);
  state.multipartUploads.get(id, bucket, name);
  const digests = await storeBlob(state, readBody(request), expected, (stored) => {
    // It may have been completed or aborted while the bytes came.
    state.multipartUploads.get(id, bucket, name);
    const replaced = state.multipartUploads.putPart(id, number, stored, state.now());
    state.objects.settle([stored.blob], replaced);
    return stored.digests;
  });
  response.writeHead(200, {
    etag: quoteMd5(digests.md5),
    "x-goog-hash": `crc32c=${digests.crc32c},md5=${digests.md5}`,
    "content-length": 0,
  });
  response.end();
}

type NamedPart = { readonly number: number; readonly etag: string };

function parseCompletion(body: string): NamedPart[] {
  const malformed = new ApiError(
    400,
    "MalformedXML",
    "Expected CompleteMultipartUpload with a Part for each part",
  );
  if (!/<(?:\w+:)?CompleteMultipartUpload[\s>]/.test(body)) throw malformed;
  const parts = [...body.matchAll(/<(?:\w+:)?Part>(.*?)<\/(?:\w+:)?Part>/gs)].map(([, part = ""]) => {
    const read = (name: string) =>
      new RegExp(`<(?:\\w+:)?${name}>\\s*(.*?)\\s*</(?:\\w+:)?${name}>`, "s").exec(part)?.[1] ?? "";
    return {
      number: Number(read("PartNumber")),
      etag: unescapeXml(read("ETag")).replace(/^"?(.*?)"?$/, '"$1"'),
    };
  });
  if (parts.length === 0) throw malformed;
  return parts;
}

/** The parts that a completion names, in its order. Throws a 400 for one that is not there or out of order. */
function findParts(parts: readonly MultipartPart[], named: readonly NamedPart[]): MultipartPart[] {
  const found = named.map(({ number, etag }) => {
    const part = parts.find((item) => item.number === number);
    if (!part || quoteMd5(part.md5) !== etag)
      throw new ApiError(400, "InvalidPart", `Part ${number} was not uploaded, or has another entity tag.`);
    return part;
  });
  for (const [index, part] of found.entries()) {
    const next = found[index + 1];
    if (!next) continue;
    if (next.number <= part.number)
      throw new ApiError(400, "InvalidPartOrder", "The parts are not in ascending order.");
    if (part.sizeBytes < minPartBytes)
      throw new ApiError(400, "EntityTooSmall", `Part ${part.number} has fewer than ${minPartBytes} bytes.`);
  }
  return found;
}

/** `POST ?uploadId=`: the parts become the object, in the one transaction in which the upload ends. */
export async function completeMultipart(call: Call, bucket: string, name: string): Promise<void> {
  const { state, request, response, query } = call;
  const id = query.get("uploadId") ?? "";
  const named = parseCompletion(await readText(request));
  const { fields } = state.multipartUploads.get(id, bucket, name);
  const all = state.multipartUploads.parts(id);
  const parts = findParts(all, named);
  const object = publishOrDiscard(
    state,
    {
      bucket,
      name,
      fields,
      blob: state.blobs.compose(parts.map(({ blob }) => blob)),
      sizeBytes: parts.reduce((sum, part) => sum + part.sizeBytes, 0),
      digests: { crc32c: joinCrc32c(parts), md5: undefined },
    },
    readHeaderPreconditions(request.headers),
    { blobs: all.map(({ blob }) => blob), within: () => state.multipartUploads.forget(id) },
  );
  const hash = createHash("md5");
  for (const part of parts) hash.update(Buffer.from(part.md5, "base64"));
  response.setHeader("x-goog-generation", String(object.generation));
  response.setHeader("x-goog-hash", `crc32c=${object.crc32c}`);
  sendXml(response, "CompleteMultipartUploadResult", [
    ["Location", `${state.url()}/${bucket}/${encodeURIComponent(name)}`],
    ["Bucket", bucket],
    ["Key", name],
    ["ETag", `"${hash.digest("hex")}-${parts.length}"`],
  ]);
}

/** `DELETE ?uploadId=`. */
export function abortMultipart({ state, response, query }: Call, bucket: string, name: string): void {
  const { id } = state.multipartUploads.get(query.get("uploadId") ?? "", bucket, name);
  state.objects.settle([], state.multipartUploads.abort(id));
  response.writeHead(204).end();
}

/** `GET ?uploadId=`. */
export function listParts({ state, response, query }: Call, bucket: string, name: string): void {
  const { id } = state.multipartUploads.get(query.get("uploadId") ?? "", bucket, name);
  const after = readNumber(query, "part-number-marker") ?? 0;
  const limit = Math.max(1, Math.min(1000, readNumber(query, "max-parts") ?? 1000));
  const found = state.multipartUploads.parts(id).filter(({ number }) => number > after);
  const parts = found.slice(0, limit);
  sendXml(response, "ListPartsResult", [
    ["Bucket", bucket],
    ["Key", name],
    ["UploadId", id],
    ["PartNumberMarker", after],
    ["NextPartNumberMarker", parts.at(-1)?.number ?? 0],
    ["MaxParts", limit],
    ["IsTruncated", found.length > limit],
    ...parts.map((part): [string, XmlContent] => [
      "Part",
      [
        ["PartNumber", part.number],
        ["LastModified", iso(part.createdMs)],
        ["ETag", quoteMd5(part.md5)],
        ["Size", part.sizeBytes],
      ],
    ]),
  ]);
}

/** `GET /BUCKET?uploads`: all of them, on one page. */
export function listMultipart({ state, response, query }: Call, bucket: string): void {
  state.buckets.get(bucket);
  const prefix = query.get("prefix") ?? "";
  const uploads = state.multipartUploads.list(bucket).filter(({ name }) => name.startsWith(prefix));
  sendXml(response, "ListMultipartUploadsResult", [
    ["Bucket", bucket],
    ["Prefix", prefix],
    ["IsTruncated", false],
    ...uploads.map((upload): [string, XmlContent] => [
      "Upload",
      [
        ["Key", upload.name],
        ["UploadId", upload.id],
        ["StorageClass", upload.fields.storageClass ?? "STANDARD"],
        ["Initiated", iso(upload.createdMs)],
      ],
    ]),
  ]);
}

/** Gives up what the buckets' `AbortIncompleteMultipartUpload` rules say. */
export function abortOldMultipartUploads(state: SharedState): void {
  for (const { name: bucket, config } of state.buckets.list("", undefined, 10_000)) {
    const rules = (config.lifecycle?.rule ?? []).filter(
      ({ action }) => action.type === "AbortIncompleteMultipartUpload",
    );
    if (rules.length === 0) continue;
    for (const upload of state.multipartUploads.list(bucket)) {
      const ageMs = state.now() - upload.createdMs;
      const due = rules.some(
        (rule) =>
          ageMs >= (rule.condition.age ?? Number.POSITIVE_INFINITY) * dayMs && isNamed(rule, upload.name),
      );
      if (due) state.objects.settle([], state.multipartUploads.abort(upload.id));
    }
  }
}
