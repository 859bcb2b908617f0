import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { z } from "zod";
import { ApiError } from "./api-error.ts";
import type { ServiceAccount } from "./service-account.ts";

/**
 * Checks a V4 signature, if the request carries one. Throws 403 for a wrong signature and 400 for an expired one.
 * A request without a signature passes: this server knows no callers.
 */
export type SignatureVerifier = (request: IncomingMessage, query: URLSearchParams, nowMs: number) => void;

const signedQuery = z.object({
  "X-Goog-Algorithm": z.literal("GOOG4-RSA-SHA256"),
  "X-Goog-Credential": z.string().regex(/^.+\/\d{8}\/[^/]+\/storage\/goog4_request$/),
  "X-Goog-Date": z.string().regex(/^\d{8}T\d{6}Z$/),
  "X-Goog-Expires": z.coerce.number().positive().max(604_800),
  "X-Goog-SignedHeaders": z.string().min(1),
  "X-Goog-Signature": z.string().regex(/^[0-9a-f]+$/i),
});

type SignedQuery = z.infer<typeof signedQuery>;

const denied = (message: string) => new ApiError(403, "SignatureDoesNotMatch", message);

/** Percent-encodes all but the unreserved characters of RFC 3986. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .filter(([name]) => name !== "X-Goog-Signature")
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

function canonicalHeaders(request: IncomingMessage, signed: string[], host: string): string {
  return signed
    .map((name) => {
      const value = name === "host" ? host : String(request.headers[name] ?? "");
      return `${name}:${value.trim().replace(/\s{2,}/g, " ")}\n`;
    })
    .join("");
}

function parseDate(text: string): number {
  return Date.parse(text.replace(/^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/, "$1-$2-$3T$4:$5:$6Z"));
}

function isSignedBy(
  key: KeyObject,
  request: IncomingMessage,
  query: URLSearchParams,
  signed: SignedQuery,
): boolean {
  const path = (request.url ?? "").split("?", 1)[0] ?? "";
  const names = signed["X-Goog-SignedHeaders"].split(";");
  const host = request.headers.host ?? "";
  const scope = signed["X-Goog-Credential"].split("/").slice(-4).join("/");
  const payload = String(request.headers["x-goog-content-sha256"] ?? "UNSIGNED-PAYLOAD");
  // The client signs the host without its port, which for Google's own endpoint is the same thing.
  return [host, host.replace(/:\d+$/, "")].some((candidate) => {
    const canonical = [
      request.method,
      path,
      canonicalQuery(query),
      canonicalHeaders(request, names, candidate),
      names.join(";"),
      payload,
    ].join("\n");
    const digest = createHash("sha256").update(canonical).digest("hex");
    const toSign = [signed["X-Goog-Algorithm"], signed["X-Goog-Date"], scope, digest].join("\n");
    return verify("RSA-SHA256", Buffer.from(toSign), key, Buffer.from(signed["X-Goog-Signature"], "hex"));
  });
}

/** Makes a verifier for URLs that `account` signs. Algorithm: Cloud Storage's "V4 signing process". */
export function createSignatureVerifier(account: ServiceAccount): SignatureVerifier {
  const key = createPublicKey(account.private_key);
  return (request, query, nowMs) => {
    if (!query.has("X-Goog-Signature")) return;
    const parsed = signedQuery.safeParse(Object.fromEntries(query));
    if (!parsed.success) throw denied(z.prettifyError(parsed.error));
    const signed = parsed.data;
    if (signed["X-Goog-Credential"].split("/").slice(0, -4).join("/") !== account.client_email) {
      throw denied(`Expected a signature by ${account.client_email}`);
    }
    if (!isSignedBy(key, request, query, signed)) {
      throw denied("The request signature we calculated does not match the signature you provided.");
    }
    if (nowMs > parseDate(signed["X-Goog-Date"]) + signed["X-Goog-Expires"] * 1000) {
      throw new ApiError(400, "ExpiredToken", "The provided token has expired.");
    }
  };
}
