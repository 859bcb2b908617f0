import { isIP } from "node:net";
import { bucketRoles, type Names } from "@segue/chain";
import { type ParsedSource, parseSourceUrl } from "@segue/contracts";
import { isPublicAddress } from "./public-address.ts";

export interface SourceRules {
  readonly names: Names;
  /** The buckets that sources may name; any but the fleet's own when undefined. */
  readonly buckets: readonly string[] | undefined;
  /** Whether https:// sources may be on private networks: for tests and for a machine of one's own. */
  readonly allowPrivate: boolean;
}

/**
 * A source that may be fetched, as far as its URL tells. Where it leads is looked at when it is fetched.
 *
 * @returns what was expected, in words, where it may not.
 */
export function judgeSource(
  source: string,
  rules: SourceRules,
): ParsedSource | { readonly expected: string } {
  const parsed = parseSourceUrl(source);
  if ("expected" in parsed) return parsed;
  const expected = parsed.scheme === "gs" ? judgeBucket(parsed, rules) : judgeUrl(parsed.url, rules);
  return expected === undefined ? parsed : { expected };
}

/** Why a URL that another one has led to may not be fetched; undefined where it may. */
export function judgeUrl(url: URL, { allowPrivate }: Pick<SourceRules, "allowPrivate">): string | undefined {
  if (url.protocol !== "https:") return `expected an https:// URL, got ${url.protocol}//`;
  if (url.username || url.password) return "expected a URL without a user name or password";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return allowPrivate || isIP(host) === 0 || isPublicAddress(host) ? undefined : notPublic(host);
}

/** Why a webhook may not be called; undefined where it may, as far as its URL tells. Where private networks are let in, so is http://. */
export function judgeWebhookUrl(url: URL, rules: Pick<SourceRules, "allowPrivate">): string | undefined {
  const secured = new URL(url);
  if (rules.allowPrivate && url.protocol === "http:") secured.protocol = "https:";
  return judgeUrl(secured, rules);
}

export function notPublic(host: string): string {
  return `expected a host on the public internet; ${host} is not`;
}

/** The fleet's own buckets hold what others have submitted. */
function judgeBucket({ bucket }: ParsedSource & { scheme: "gs" }, { names, buckets }: SourceRules) {
  if (bucketRoles.some((role) => names.bucket(role) === bucket))
    return `expected a bucket of yours; ${bucket} is the service's own`;
  if (buckets === undefined || buckets.includes(bucket)) return undefined;
  return `expected one of the buckets that are let in; ${bucket} is not`;
}
