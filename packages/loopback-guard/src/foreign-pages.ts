import type { IncomingHttpHeaders } from "node:http";
import { isKnownHost } from "./known-hosts.ts";

function readOriginHost(origin: string): string | undefined {
  // "null" is what a sandboxed frame, a local file and a redirect across origins say.
  if (!URL.canParse(origin)) return undefined;
  const { protocol, host } = new URL(origin);
  return protocol === "http:" || protocol === "https:" ? host : undefined;
}

/**
 * Why a request comes from a web page of somebody else, in words; undefined when it does not. Browsers state `Origin`
 * with every request that a script makes to another origin and with every form that is posted, and `Sec-Fetch-Site`
 * with all; programs state neither. Pages on any port of this machine, or of a known name, are its own.
 */
export function findForeignPage(
  headers: IncomingHttpHeaders,
  knownNames: readonly string[],
): string | undefined {
  const { origin } = headers;
  if (origin !== undefined) {
    const host = readOriginHost(origin);
    if (host === undefined || !isKnownHost(host, knownNames)) {
      return `Origin: expected a page of this machine, got ${JSON.stringify(origin)}`;
    }
  }
  if (headers["sec-fetch-site"] === "cross-site") {
    return "Sec-Fetch-Site: a page of another site may not ask this server";
  }
  return undefined;
}
