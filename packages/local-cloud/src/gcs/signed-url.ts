import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { z } from "zod";
import { ApiError } from "./api-error.ts";
import type { AccountKey } from "./service-account.ts";
import { hasSignatureV2, verifySignatureV2 } from "./signed-url-v2.ts";
import { notBuilt, type Surface } from "./surface/handling.ts";

/**
 * Checks the signature in a request's query, if there is one. Throws 403 for a wrong signature or one that is not
 * valid yet, and 400 for an expired one. Returns whether there is one.
 */
export type SignatureVerifier = (request: IncomingMessage, query: URLSearchParams, nowMs: number) => boolean;

const maxLifeSec = 7 * 86_400;

/** What signatures add to a query. */
export const signatureQuery: Surface = {
  "X-Goog-Algorithm": "built",
  "X-Goog-Credential": "built",
  "X-Goog-Date": "built",
  "X-Goog-Expires": "built",
  "X-Goog-SignedHeaders": "built",
  "X-Goog-Signature": "built",
  GoogleAccessId: "built",
  Expires: "built",
  Signature: "built",
};

const algorithm = "GOOG4-RSA-SHA256";

const signedQuery = z.object({
  "X-Goog-Algorithm": z.literal(algorithm),
  "X-Goog-Credential": z.string().regex(/^.+\/\d{8}\/[^/]+\/storage\/goog4_request$/),
  "X-Goog-Date": z.string().regex(/^\d{8}T\d{6}Z$/),
  "X-Goog-Expires": z.coerce.number(),
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

/** Throws for a signature that is not valid now, or was given too long a life. */
function checkLife(signed: SignedQuery, nowMs: number): void {
  const fromMs = parseDate(signed["X-Goog-Date"]);
  const lifeSec = signed["X-Goog-Expires"];
  if (!(lifeSec > 0 && lifeSec <= maxLifeSec)) {
    throw new ApiError(
      400,
      "InvalidArgument",
      `X-Goog-Expires: expected 1 to ${maxLifeSec} seconds (seven days), got ${lifeSec}`,
    );
  }
  if (signed["X-Goog-Credential"].split("/").at(-4) !== signed["X-Goog-Date"].slice(0, 8))
    throw new ApiError(
      400,
      "InvalidArgument",
      "X-Goog-Credential: expected the day of X-Goog-Date in its scope",
    );
  if (nowMs < fromMs)
    throw new ApiError(403, "AccessDenied", `The signature is not valid before ${signed["X-Goog-Date"]}.`);
  if (nowMs > fromMs + lifeSec * 1000)
    throw new ApiError(400, "ExpiredToken", "The provided token has expired.");
}

function refuseOtherSignatures(query: URLSearchParams): void {
  for (const name of query.keys()) {
    if (/^x-amz-|^AWSAccessKeyId$/i.test(name))
      throw notBuilt(`A signature with ${name} (Amazon's protocol)`);
  }
  const asked = query.get("X-Goog-Algorithm") ?? algorithm;
  if (asked !== algorithm) throw notBuilt(`A signature by ${asked} (HMAC keys)`);
}

/** Makes a verifier for URLs that `account` signs. Algorithm: Cloud Storage's "V4 signing process", and V2's. */
export function createSignatureVerifier(account: AccountKey): SignatureVerifier {
  const key = createPublicKey(account.private_key);
  return (request, query, nowMs) => {
    refuseOtherSignatures(query);
    if (hasSignatureV2(query)) {
      verifySignatureV2(request, query, { key, account, nowMs });
      return true;
    }
    if (![...query.keys()].some((name) => name.startsWith("X-Goog-"))) return false;
    const parsed = signedQuery.safeParse(Object.fromEntries(query));
    if (!parsed.success) throw denied(z.prettifyError(parsed.error));
    const signed = parsed.data;
    if (signed["X-Goog-Credential"].split("/").slice(0, -4).join("/") !== account.client_email) {
      throw denied(`Expected a signature by ${account.client_email}`);
    }
    if (!isSignedBy(key, request, query, signed)) {
      throw denied("The request signature we calculated does not match the signature you provided.");
    }
    checkLife(signed, nowMs);
    return true;
  };
}

/** Whether a request's signature covers a header: the signer has named it, or in V2 it is one of Google's. */
export function isSignedHeader(query: URLSearchParams, name: string): boolean {
  if (hasSignatureV2(query)) return name.startsWith("x-goog-");
  return (query.get("X-Goog-SignedHeaders") ?? "").split(";").includes(name);
}
