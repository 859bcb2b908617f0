import type { IncomingMessage } from "node:http";

/**
 * The path that a request asks for. A proxy may send the whole URL (RFC 9112, 3.2.2): what it names as the host then counts, and not
 * the Host field.
 */
export function readTarget(request: IncomingMessage): string {
  const { url = "/" } = request;
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return url;
  const { host, pathname, search } = new URL(url);
  request.headers.host = host;
  return pathname + search;
}
