import { ApiError, invalid } from "./api-error.ts";
import { sendMedia } from "./download.ts";
import { type ObjectFields, parseObjectFields } from "./fields.ts";
import { uploadForm } from "./form-upload.ts";
import type { StoredObject } from "./objects.ts";
import {
  checkDates,
  checkEtags,
  checkPreconditions,
  readHeaderPreconditions,
  readNumber,
} from "./preconditions.ts";
import { readBody } from "./receive.ts";
import { formatEtag } from "./resources.ts";
import { startSession } from "./resumable-upload.ts";
import type { Call } from "./server-state.ts";
import { parseHashHeader, storeObject } from "./store-object.ts";
import { checkQuery } from "./surface/check-query.ts";
import { notBuilt } from "./surface/handling.ts";
import { type Need, xmlNeeds } from "./surface/permissions.ts";
import { xmlBucketQuery, xmlObjectQuery } from "./surface/xml-queries.ts";
import type { ExpectedBytes, Upload } from "./upload.ts";
import { withAccess } from "./with-access.ts";
import { listBucket } from "./xml-list.ts";
import {
  abortMultipart,
  completeMultipart,
  listMultipart,
  listParts,
  putPart,
  startMultipart,
} from "./xml-multipart.ts";

function readHeader({ request }: Call, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" ? value : undefined;
}

function readHeaderFields(call: Call): ObjectFields {
  const found = {
    contentType: readHeader(call, "content-type"),
    contentEncoding: readHeader(call, "content-encoding"),
    contentDisposition: readHeader(call, "content-disposition"),
    contentLanguage: readHeader(call, "content-language"),
    cacheControl: readHeader(call, "cache-control"),
    storageClass: readHeader(call, "x-goog-storage-class"),
    customTime: readHeader(call, "x-goog-custom-time"),
  };
  const metadata = Object.entries(call.request.headers)
    .filter(([name]) => name.startsWith("x-goog-meta-"))
    .map(([name, value]) => [name.slice("x-goog-meta-".length), String(value)]);
  return parseObjectFields({
    ...Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined)),
    ...(metadata.length > 0 ? { metadata: Object.fromEntries(metadata) } : {}),
  });
}

function readExpected(call: Call): ExpectedBytes {
  const hash = parseHashHeader(call.request.headers["x-goog-hash"]);
  const range = readHeader(call, "x-goog-content-length-range");
  const [, minBytes, maxBytes] = /^(\d+),(\d+)$/.exec(range ?? "") ?? [];
  if (range !== undefined && maxBytes === undefined)
    throw invalid("x-goog-content-length-range: expected MIN,MAX");
  return {
    crc32c: hash.crc32c,
    md5: hash.md5 ?? readHeader(call, "content-md5"),
    ...(maxBytes === undefined ? {} : { minBytes: Number(minBytes), maxBytes: Number(maxBytes) }),
  };
}

function describeUpload(call: Call, bucket: string, name: string): Upload {
  return {
    bucket,
    name,
    fields: readHeaderFields(call),
    expected: readExpected(call),
    conditions: readHeaderPreconditions(call.request.headers),
  };
}

function findObject(call: Call, bucket: string, name: string, intent: "read" | "write"): StoredObject {
  const { state, request, query } = call;
  const object = state.objects.get(bucket, name, readNumber(query, "generation"));
  checkPreconditions(readHeaderPreconditions(request.headers), object, intent);
  checkEtags(request.headers, formatEtag(object), intent);
  if (intent === "read") checkDates(request.headers, object.updatedMs);
  return object;
}

async function readObject(call: Call, bucket: string, name: string): Promise<void> {
  const object = findObject(call, bucket, name, "read");
  const disposition = call.query.get("response-content-disposition");
  const contentType = call.query.get("response-content-type");
  const fields = {
    ...object.fields,
    ...(disposition === null ? {} : { contentDisposition: disposition }),
    ...(contentType === null ? {} : { contentType }),
  };
  return sendMedia(call, { ...object, fields });
}

async function writeObject(call: Call, bucket: string, name: string): Promise<void> {
  const object = await storeObject(call.state, describeUpload(call, bucket, name), readBody(call.request));
  const hash = `crc32c=${object.crc32c}${object.md5 === null ? "" : `,md5=${object.md5}`}`;
  call.response.writeHead(200, {
    etag: `"${formatEtag(object)}"`,
    "x-goog-generation": String(object.generation),
    "x-goog-metageneration": String(object.metageneration),
    "x-goog-hash": hash,
    "content-length": 0,
  });
  call.response.end();
}

async function handleMultipart(call: Call, bucket: string, name: string): Promise<void> {
  const { request, query } = call;
  if (query.has("uploads")) {
    if (request.method === "POST") return startMultipart(call, bucket, name, readHeaderFields(call));
  } else if (request.method === "PUT" && query.has("partNumber")) {
    return putPart(call, bucket, name, readExpected(call));
  } else if (request.method === "POST") return completeMultipart(call, bucket, name);
  else if (request.method === "DELETE") return abortMultipart(call, bucket, name);
  else if (request.method === "GET") return listParts(call, bucket, name);
  throw new ApiError(405, "MethodNotAllowed", `${request.method} is no method of a multipart upload`);
}

async function handleBucket(call: Call, bucket: string): Promise<void> {
  const { request, query, state } = call;
  checkQuery(query, "The XML API, of a bucket,", xmlBucketQuery, () => true);
  if (request.method === "POST") return uploadForm(call, bucket);
  if (request.method === "HEAD") {
    state.buckets.get(bucket);
    call.response.writeHead(200).end();
    return;
  }
  if (request.method !== "GET") throw notBuilt(`${request.method} of a bucket through the XML API`);
  return query.has("uploads") ? listMultipart(call, bucket) : listBucket(call, bucket);
}

async function handleObject(call: Call, bucket: string, name: string): Promise<void> {
  const { state, request, query } = call;
  checkQuery(query, "The XML API, of an object,", xmlObjectQuery, () => true);
  state.buckets.get(bucket);
  if (query.has("uploads") || query.has("uploadId")) return handleMultipart(call, bucket, name);
  switch (request.method) {
    case "GET":
    case "HEAD":
      return readObject(call, bucket, name);
    case "PUT":
      return writeObject(call, bucket, name);
    case "DELETE":
      state.objects.remove(findObject(call, bucket, name, "write"));
      call.response.writeHead(204).end();
      return;
    case "POST":
      if (request.headers["x-goog-resumable"] !== "start") break;
      return startSession(call, describeUpload(call, bucket, name), `/upload/storage/v1/b/${bucket}/o`);
  }
  throw new ApiError(405, "MethodNotAllowed", `${request.method} is no method of an object in the XML API`);
}

function needsOf({ request, query }: Call, object: string): readonly Need[] | undefined {
  const part = ["uploads", "uploadId"].find((name) => query.has(name));
  return xmlNeeds[[request.method, object === "" ? "bucket" : "object", part].filter(Boolean).join(" ")];
}

/** `/BUCKET` and `/BUCKET/OBJECT`: the XML API. What is signed is done in the name of who signed it, whichever port it comes to. */
export async function handleXml(asked: Call, bucket: string, name: string): Promise<void> {
  const { state, request, query } = asked;
  const isSigned = state.verifySignature(request, query, state.now());
  const call = isSigned ? { ...asked, state: { ...state, door: undefined } } : asked;
  const target = { bucket, object: name, toBucket: bucket, toObject: name };
  await withAccess(call, needsOf(call, name), target, () =>
    name === "" ? handleBucket(call, bucket) : handleObject(call, bucket, name),
  );
}
