import { type KeyObject, verify } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { ApiError } from "./api-error.ts";
import type { AccountKey } from "./service-account.ts";

const names = ["GoogleAccessId", "Expires", "Signature"] as const;

export const hasSignatureV2 = (query: URLSearchParams) => names.some((name) => query.has(name));

type Verification = { readonly key: KeyObject; readonly account: AccountKey; readonly nowMs: number };

function canonicalExtensionHeaders(request: IncomingMessage): string {
  return Object.entries(request.headers)
    .filter(([name]) => name.startsWith("x-goog-"))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}:${String(value).trim().replace(/\s+/g, " ")}\n`)
    .join("");
}

/** Checks a signature of the kind before V4. Algorithm: Cloud Storage's "V2 signing process". */
export function verifySignatureV2(
  request: IncomingMessage,
  query: URLSearchParams,
  { key, account, nowMs }: Verification,
): void {
  const [accessId = "", expires = "", signature = ""] = names.map((name) => query.get(name) ?? "");
  const { headers } = request;
  const toSign = [
    request.method,
    headers["content-md5"] ?? "",
    headers["content-type"] ?? "",
    expires,
    canonicalExtensionHeaders(request) + ((request.url ?? "").split("?", 1)[0] ?? ""),
  ].join("\n");
  const isOurs = accessId === account.client_email;
  if (!isOurs || !verify("RSA-SHA256", Buffer.from(toSign), key, Buffer.from(signature, "base64"))) {
    throw new ApiError(
      403,
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided.",
    );
  }
  if (!(nowMs / 1000 <= Number(expires)))
    throw new ApiError(400, "ExpiredToken", "The provided token has expired.");
}
