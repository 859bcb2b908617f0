import { invalid, sendJson } from "./api-error.ts";
import { parseBody, uploadResource } from "./fields.ts";
import { readPreconditions } from "./preconditions.ts";
import { readAnnouncedBytes, readBody, readJson, readMultipart } from "./receive.ts";
import { toObjectResource } from "./resources.ts";
import { startSession } from "./resumable-upload.ts";
import type { Call } from "./server-state.ts";
import { parseHashHeader, readFields, storeObject } from "./store-object.ts";
import type { Upload } from "./upload.ts";

function describeUpload(
  call: Call,
  bucket: string,
  resource: unknown,
  mediaType: string | undefined,
): Upload {
  const parsed = parseBody(uploadResource, resource ?? {});
  const name = call.query.get("name") ?? parsed.name;
  if (name === undefined) throw invalid("Required parameter: name");
  const header = parseHashHeader(call.request.headers["x-goog-hash"]);
  const contentMd5 = call.request.headers["content-md5"];
  return {
    bucket,
    name,
    fields: readFields(parsed, mediaType),
    expected: {
      crc32c: parsed.crc32c ?? header.crc32c,
      md5: parsed.md5Hash ?? header.md5 ?? (typeof contentMd5 === "string" ? contentMd5 : undefined),
    },
    conditions: readPreconditions(call.query),
  };
}

/** `POST /upload/storage/v1/b/BUCKET/o`: the three ways in which an upload can start. */
export async function uploadObject(call: Call, bucket: string): Promise<void> {
  const { state, request, response, query } = call;
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
    const upload = describeUpload(call, bucket, resource, mediaType);
    const object = await storeObject(state, upload, media, readAnnouncedBytes(request));
    sendJson(response, toObjectResource(object, state.url()));
    return;
  }
  if (uploadType !== "media") {
    throw invalid(`uploadType: expected media, multipart or resumable, got ${uploadType}`);
  }
  const upload = describeUpload(call, bucket, undefined, request.headers["content-type"]);
  const object = await storeObject(state, upload, readBody(request), readAnnouncedBytes(request));
  sendJson(response, toObjectResource(object, state.url()));
}
