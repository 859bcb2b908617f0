import { invalid } from "./api-error.ts";
import { BlobWriter } from "./blobs.ts";
import { createDigests, type Digests } from "./checksum.ts";
import type { ObjectFields, UploadResource } from "./fields.ts";
import { checkObjectName, type StoredObject } from "./objects.ts";
import { checkPreconditions } from "./preconditions.ts";
import { type Body, receiveInto } from "./receive.ts";
import type { ServerState } from "./server-state.ts";
import type { ExpectedDigests, Upload } from "./upload.ts";

/** Reads an `x-goog-hash` header, or several in one. */
export function parseHashHeader(header: string | string[] | undefined): ExpectedDigests {
  const text = String(header ?? "");
  const read = (name: string) => new RegExp(`${name}=([^,\\s]+)`).exec(text)?.[1];
  return { crc32c: read("crc32c"), md5: read("md5") };
}

/** Throws a 400 when the bytes are not those that the client announced. */
export function checkDigests(actual: Digests, expected: ExpectedDigests): void {
  if (expected.crc32c !== undefined && expected.crc32c !== actual.crc32c) {
    throw invalid(`Provided CRC32C "${expected.crc32c}" doesn't match calculated CRC32C "${actual.crc32c}".`);
  }
  if (expected.md5 !== undefined && expected.md5 !== actual.md5) {
    throw invalid(`Provided MD5 hash "${expected.md5}" doesn't match calculated MD5 hash "${actual.md5}".`);
  }
}

/**
 * Up to what size MD5 is computed: to any, when the client asks for it to be verified; not at all, when the announced
 * length says that it would be given up halfway.
 */
export function limitMd5(state: ServerState, expected: ExpectedDigests, announcedBytes = 0): number {
  if (expected.md5 !== undefined) return Number.POSITIVE_INFINITY;
  return announcedBytes > state.md5MaxBytes ? -1 : state.md5MaxBytes;
}

/** Takes the fields of a resource apart from what is not a field. */
export function readFields(resource: UploadResource, contentType: string | undefined): ObjectFields {
  const { name: _name, crc32c: _crc32c, md5Hash: _md5Hash, ...fields } = resource;
  return contentType === undefined || fields.contentType !== undefined ? fields : { ...fields, contentType };
}

/** Throws 404, 400 or 412 for an upload that can't succeed, before its bytes are read. */
export function checkUpload(state: ServerState, upload: Upload): void {
  state.buckets.get(upload.bucket);
  checkObjectName(upload.name);
  checkPreconditions(upload.conditions, state.objects.find(upload.bucket, upload.name), "write");
}

/** Stores a body as an object: all of it or nothing. A body that is cut leaves neither an object nor a file. */
export async function storeObject(
  state: ServerState,
  upload: Upload,
  body: Body,
  announcedBytes: number | undefined,
): Promise<StoredObject> {
  checkUpload(state, upload);
  const blob = state.blobs.create();
  const digests = createDigests(limitMd5(state, upload.expected, announcedBytes));
  try {
    const writer = await BlobWriter.open(state.blobs.incomingPath(blob), digests, 0);
    await receiveInto(writer, body);
    const { bucket, name, fields } = upload;
    const finished = digests.finish();
    checkDigests(finished, upload.expected);
    // The bucket may have gone while the bytes came.
    state.buckets.get(bucket);
    const object = { bucket, name, blob, sizeBytes: writer.sizeBytes, digests: finished, fields };
    return state.objects.publish(object, upload.conditions, state.now());
  } catch (error) {
    state.blobs.remove(blob);
    throw error;
  }
}
