import { ApiError } from "./api-error.ts";
import { sendMedia } from "./download.ts";
import type { ObjectFields } from "./fields.ts";
import { checkPreconditions, readHeaderPreconditions, readNumber } from "./preconditions.ts";
import { readAnnouncedBytes, readBody } from "./receive.ts";
import { formatEtag } from "./resources.ts";
import { startSession } from "./resumable-upload.ts";
import type { Call } from "./server-state.ts";
import { parseHashHeader, storeObject } from "./store-object.ts";
import type { Upload } from "./upload.ts";

function readHeaderFields({ request }: Call): ObjectFields {
  const text = (name: string) => {
    const value = request.headers[name];
    return typeof value === "string" ? value : undefined;
  };
  const found = {
    contentType: text("content-type"),
    contentEncoding: text("content-encoding"),
    contentDisposition: text("content-disposition"),
    contentLanguage: text("content-language"),
    cacheControl: text("cache-control"),
  };
  const metadata = Object.entries(request.headers)
    .filter(([name]) => name.startsWith("x-goog-meta-"))
    .map(([name, value]) => [name.slice("x-goog-meta-".length), String(value)]);
  return {
    ...Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined)),
    ...(metadata.length > 0 ? { metadata: Object.fromEntries(metadata) } : {}),
  };
}

function describeUpload(call: Call, bucket: string, name: string): Upload {
  const { headers } = call.request;
  const hash = parseHashHeader(headers["x-goog-hash"]);
  return {
    bucket,
    name,
    fields: readHeaderFields(call),
    expected: { crc32c: hash.crc32c, md5: hash.md5 ?? headers["content-md5"]?.toString() },
    conditions: readHeaderPreconditions(headers),
  };
}

/** `/BUCKET/OBJECT`: the XML API, of which signed URLs use reading, writing, deleting and starting an upload. */
export async function handleXml(call: Call, bucket: string, name: string): Promise<void> {
  const { state, request, response, query } = call;
  state.verifySignature(request, query, state.now());
  state.buckets.get(bucket);
  switch (request.method) {
    case "GET":
    case "HEAD": {
      const object = state.objects.get(bucket, name, readNumber(query, "generation"));
      checkPreconditions(readHeaderPreconditions(request.headers), object, "read");
      const disposition = query.get("response-content-disposition");
      const contentType = query.get("response-content-type");
      const fields = {
        ...object.fields,
        ...(disposition === null ? {} : { contentDisposition: disposition }),
        ...(contentType === null ? {} : { contentType }),
      };
      return sendMedia(call, { ...object, fields });
    }
    case "PUT": {
      const upload = describeUpload(call, bucket, name);
      const object = await storeObject(state, upload, readBody(request), readAnnouncedBytes(request));
      const hash = `crc32c=${object.crc32c}${object.md5 === null ? "" : `,md5=${object.md5}`}`;
      response.writeHead(200, {
        etag: `"${formatEtag(object)}"`,
        "x-goog-generation": String(object.generation),
        "x-goog-hash": hash,
        "content-length": 0,
      });
      response.end();
      return;
    }
    case "DELETE":
      state.objects.remove(state.objects.get(bucket, name));
      response.writeHead(204).end();
      return;
    case "POST":
      if (request.headers["x-goog-resumable"] !== "start") break;
      return startSession(call, describeUpload(call, bucket, name), `/upload/storage/v1/b/${bucket}/o`);
  }
  throw new ApiError(405, "MethodNotAllowed", `${request.method} is not supported here by the local cloud`);
}
