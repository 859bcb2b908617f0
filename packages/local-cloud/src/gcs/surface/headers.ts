import type { IncomingHttpHeaders } from "node:http";
import { invalid } from "../api-error.ts";
import { isOff, notBuilt, type Surface } from "./handling.ts";

/** Google's own request headers, in both APIs. A name that ends with `*` stands for all that start so. */
export const requestHeaders: Surface = {
  "x-goog-api-client": "kept",
  "x-goog-api-key": "kept",
  "x-goog-user-project": "kept",
  "x-goog-project-id": "kept",
  "x-goog-request-params": "kept",
  "x-goog-request-reason": "kept",
  "x-goog-gcs-idempotency-token": "kept",
  "x-goog-custom-audit-*": "kept",
  "x-goog-hash": "built",
  "x-goog-meta-*": "built",
  "x-goog-resumable": "built",
  "x-goog-storage-class": "built",
  "x-goog-custom-time": "built",
  "x-goog-content-length-range": "built",
  // Part of what a signature covers; Cloud Storage does not hash the body either.
  "x-goog-content-sha256": "kept",
  "x-goog-date": "kept",
  "x-goog-if-generation-match": "built",
  "x-goog-if-metageneration-match": "built",
  // Cloud Storage answers with a stored encoding either way unless a client asks to have it undone, as is built.
  "x-goog-allow-decompression": "refused",
  "x-goog-acl": "refused",
  "x-goog-bypass-governance-retention": "refused",
  "x-goog-copy-source*": "refused",
  "x-goog-metadata-directive": "refused",
  "x-goog-encryption-*": "refused",
  "x-goog-fieldmask": "refused",
  "x-goog-if-generation-not-match": "refused",
  "x-goog-if-metageneration-not-match": "refused",
  "x-goog-interop-list-objects-format": "refused",
  "x-goog-object-lock-*": "refused",
  "x-goog-tagging": "refused",
};

const prefixes = Object.entries(requestHeaders).filter(([name]) => name.endsWith("*"));

function findHandling(name: string) {
  if (Object.hasOwn(requestHeaders, name)) return requestHeaders[name];
  return prefixes.find(([prefix]) => name.startsWith(prefix.slice(0, -1)))?.[1];
}

/**
 * Throws a 400 that names it for a header of Google's that is not built or not known, or a way to sign that is not. A
 * header that nobody knows but that a signature covers is the signer's own, and passes.
 */
export function checkHeaders(headers: IncomingHttpHeaders, isSigned: (name: string) => boolean): void {
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith("x-amz-")) throw notBuilt(`The header ${name} (Amazon's protocol)`);
    if (!name.startsWith("x-goog-")) continue;
    const handling = findHandling(name);
    if (handling === undefined && isSigned(name)) continue;
    if (handling === undefined) throw invalid(`Unknown header ${name}`);
    if (handling === "refused" && !isOff(value)) throw notBuilt(`The header ${name}`);
  }
  const scheme = /^\S+/.exec(headers.authorization ?? "")?.[0];
  if (scheme !== undefined && scheme.toLowerCase() !== "bearer") {
    throw notBuilt(`Authorization: ${scheme} (HMAC keys and signed headers; signed URLs are built)`);
  }
}
