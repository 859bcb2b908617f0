import { answer } from "./answer.ts";
import { invalid } from "./api-error.ts";
import { parseUploadResource, readFields } from "./fields.ts";
import { readMultipart } from "./multipart.ts";
import { readPreconditions } from "./preconditions.ts";
import { readBody, readJson } from "./receive.ts";
import { toObjectResource } from "./resources.ts";
import { startSession } from "./resumable-upload.ts";
import type { Call } from "./server-state.ts";
import { parseHashHeader, storeObject } from "./store-object.ts";
import type { Upload } from "./upload.ts";

function describeUpload(
  { query, request }: Call,
  bucket: string,
  resource: unknown,
  mediaType: string | undefined,
): Upload {
  const parsed = parseUploadResource(resource);
  const name = query.get("name") ?? parsed.name;
  if (name === undefined) throw invalid("Required parameter: name");
  const header = parseHashHeader(request.headers["x-goog-hash"]);
  const contentMd5 = request.headers["content-md5"];
  const contentEncoding = query.get("contentEncoding");
  return {
    bucket,
    name,
    fields: { ...readFields(parsed, mediaType), ...(contentEncoding ? { contentEncoding } : {}) },
    expected: {
      crc32c: parsed.crc32c ?? header.crc32c,
      md5: parsed.md5Hash ?? header.md5 ?? (typeof contentMd5 === "string" ? contentMd5 : undefined),
    },
    conditions: readPreconditions(query),
  };
}

/** `objects.insert`: the three ways in which an upload can start. */
export async function uploadObject(call: Call, bucket: string): Promise<void> {
  const { state, request, query } = call;
  const uploadType = query.get("uploadType");
  if (uploadType === "resumable") {
    const mediaType = request.headers["x-upload-content-type"];
    const upload = describeUpload(
      call,
      bucket,
      await readJson(request),
      typeof mediaType === "string" ? mediaType : undefined,
    );
    startSession(call, upload, `/upload/storage/v1/b/${bucket}/o`);
    return;
  }
  if (uploadType === "multipart") {
    const { resource, mediaType, media } = await readMultipart(request);
    const object = await storeObject(state, describeUpload(call, bucket, resource, mediaType), media);
    answer(call, toObjectResource(object, state.url()));
    return;
  }
  if (uploadType !== "media") {
    throw invalid(`uploadType: expected media, multipart or resumable, got ${uploadType}`);
  }
  const upload = describeUpload(call, bucket, undefined, request.headers["content-type"]);
  const object = await storeObject(state, upload, readBody(request));
  answer(call, toObjectResource(object, state.url()));
}
