import type { IncomingHttpHeaders } from "node:http";
import { isIPv4 } from "node:net";

/** A name in lower case, without port, brackets and the dot that ends a full name. */
function normalizeName(name: string): string {
  return name
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");
}

/**
 * Takes the name out of `name`, `name:port` or `[address]:port`; undefined when it is none of these, or has signs in it that no host's
 * name has: it comes back in the links of answers.
 */
function readName(host: string): string | undefined {
  const name = /^(\[[0-9a-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i.exec(host)?.[1];
  return name === undefined ? undefined : normalizeName(name);
}

/** True for the names that mean this machine wherever they are looked up, and that nobody's DNS can answer for. */
export function isLoopbackName(name: string): boolean {
  const plain = normalizeName(name);
  if (plain === "localhost" || plain.endsWith(".localhost")) return true;
  if (plain === "::1" || plain === "::ffff:127.0.0.1" || plain === "::ffff:7f00:1") return true;
  return isIPv4(plain) && plain.startsWith("127.");
}

/** True for a loopback name, or one that the server was told to answer to; with or without a port. */
export function isKnownHost(host: string, knownNames: readonly string[]): boolean {
  const name = readName(host);
  if (name === undefined) return false;
  return isLoopbackName(name) || knownNames.some((known) => normalizeName(known) === name);
}

/**
 * Why a request's `Host` is not one of this server's, in words; undefined when it is. A page of a stranger whose
 * name's DNS answer was changed to a loopback address (DNS rebinding) can read everything of a server that does not
 * ask this: to the browser it is the page's own server. The name in `Host` is what gives it away.
 */
export function findForeignHost(
  headers: IncomingHttpHeaders,
  knownNames: readonly string[],
): string | undefined {
  // Only HTTP/1.0 leaves it out, which no browser speaks.
  if (headers.host === undefined || isKnownHost(headers.host, knownNames)) return undefined;
  return `Host: expected a name that this server was told to answer to, such as localhost, got ${JSON.stringify(headers.host)}`;
}
