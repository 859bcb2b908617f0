import { invalid } from "./api-error.ts";
import { BlobWriter, type StoredBlob } from "./blobs.ts";
import { createDigests, type Digests } from "./checksum.ts";
import { checkObjectName, type StoredObject } from "./objects.ts";
import { checkPreconditions } from "./preconditions.ts";
import { publishObject } from "./publish-object.ts";
import { type Body, receiveInto } from "./receive.ts";
import type { ServerState } from "./server-state.ts";
import type { ExpectedBytes, ExpectedDigests, Upload } from "./upload.ts";

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

/** Throws a 400 when there are more or fewer bytes than `x-goog-content-length-range` allows. */
export function checkSize(
  sizeBytes: number,
  { minBytes = 0, maxBytes = Number.MAX_VALUE }: ExpectedBytes,
): void {
  if (sizeBytes > maxBytes)
    throw invalid(`EntityTooLarge: expected at most ${maxBytes} bytes, got ${sizeBytes}`);
  if (sizeBytes < minBytes)
    throw invalid(`EntityTooSmall: expected at least ${minBytes} bytes, got ${sizeBytes}`);
}

/** Throws 404, 400 or 412 for an upload that can't succeed, before its bytes are read. */
export function checkUpload(state: ServerState, upload: Upload): void {
  state.buckets.get(upload.bucket);
  checkObjectName(upload.name);
  checkPreconditions(upload.conditions, state.objects.find(upload.bucket, upload.name), "write");
}

/**
 * Receives a body as a blob, hands it to `publish`, and returns what that makes of it. All of it or nothing: a body
 * that is cut or is not what was expected, or a `publish` that throws, leaves no file.
 */
export async function storeBlob<T>(
  state: ServerState,
  body: Body,
  expected: ExpectedBytes,
  publish: (stored: StoredBlob) => T,
): Promise<T> {
  const blob = state.blobs.create();
  const digests = createDigests();
  try {
    const writer = await BlobWriter.open(state.blobs.incomingPath(blob), digests, 0);
    await receiveInto(writer, body);
    const finished = digests.finish();
    checkSize(writer.sizeBytes, expected);
    checkDigests(finished, expected);
    return publish({ blob, sizeBytes: writer.sizeBytes, digests: finished });
  } catch (error) {
    state.blobs.discard(blob);
    throw error;
  }
}

/** Stores a body as an object. */
export async function storeObject(state: ServerState, upload: Upload, body: Body): Promise<StoredObject> {
  checkUpload(state, upload);
  const { bucket, name, fields, conditions, expected } = upload;
  return storeBlob(state, body, expected, (stored) =>
    publishObject(state, { bucket, name, fields, ...stored }, conditions),
  );
}
