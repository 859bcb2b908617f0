import type { IncomingMessage } from "node:http";
import { invalid } from "./api-error.ts";

/** Below it are the operations of the JSON API. */
export const jsonPath = /^(?:\/download)?\/storage\/v1(?:\/|$)/;
/** Below it are those whose request brings an object's bytes. */
export const uploadPath = /^(?:\/resumable)?\/upload\/storage\/v1\/(?=b\/[^/]+\/o$)/;
/** Of neither API: any other path names a bucket in the XML API. */
export const ownPaths: readonly string[] = ["/", "/batch/storage/v1", "/token", "/healthz"];

/** What a request asks for, and how. */
export function readUrl({ url = "/" }: IncomingMessage): { path: string; query: URLSearchParams } {
  const [path = "/", search = ""] = url.split(/\?(.*)/s, 2);
  return { path, query: new URLSearchParams(search) };
}

/** The decoded segments of a path below a prefix. Throws a 400 for what is not percent-encoded UTF-8. */
export function segmentsBelow(prefix: RegExp, path: string): string[] {
  // Split before decoding: a slash inside an object's name arrives as %2F.
  return path.replace(prefix, "").split("/").filter(Boolean).map(decode);
}

export function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw invalid("The path is not valid percent-encoded UTF-8");
  }
}
