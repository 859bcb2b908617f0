import dns from "node:dns";
import http, { type RequestOptions } from "node:http";
import https from "node:https";
import { isIP, type LookupFunction, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import tls from "node:tls";
import { createPublicLookup } from "./lookup-public.ts";

export interface WayOutOptions {
  /** Whether hosts may be on private networks: for tests and for a machine of one's own. */
  readonly allowPrivate: boolean;
  /** A proxy that connections are asked of (`CONNECT`), as `http://host:port`; undefined: there is none. */
  readonly proxy: string | undefined;
  /** PEM of the certificate authorities to trust in place of the well-known ones. */
  readonly ca?: string | undefined;
}

/**
 * How a host of somebody else's is reached: options for a request of `node:http` or `node:https`, for one request each. Names are resolved here, and where one leads to a private address nothing is asked of
 * anybody: through a proxy too, which is told the address that was looked at, and not the name, so that what was checked is what is connected to.
 *
 * @param refuse what the request fails with of a name that leads elsewhere.
 */
export function createWayOut(
  refuse: (host: string) => Error,
): (url: URL, options: WayOutOptions) => RequestOptions & { ca?: string } {
  const lookupPublic = createPublicLookup(refuse);
  return (url, { allowPrivate, proxy, ca }) => {
    const trusted = ca === undefined ? {} : { ca };
    // A connection of its own: a pooled one would skip the look-up, and with it the check.
    if (proxy === undefined)
      return { agent: false, ...trusted, ...(allowPrivate ? {} : { lookup: lookupPublic }) };
    const lookup: LookupFunction = allowPrivate ? dns.lookup : lookupPublic;
    return {
      ...trusted,
      createConnection({ signal, timeout }, done) {
        connect(url, { proxy: new URL(proxy), lookup, signal, timeout, ca }).then(
          (socket) => done?.(null, socket),
          (error: Error) => done?.(error, undefined as unknown as Duplex),
        );
        // It comes later.
        return undefined;
      },
    };
  };
}

interface Connecting {
  readonly proxy: URL;
  readonly lookup: LookupFunction;
  readonly signal: AbortSignal | undefined;
  /** No word of the proxy's for this long, in ms, is a failure. */
  readonly timeout: number | undefined;
  readonly ca: string | undefined;
}

/** @throws what the look-up refuses, or what the proxy says, of the last of the host's addresses. */
async function connect(url: URL, options: Connecting): Promise<Duplex> {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  let last = new Error(`${host} has no address`);
  for (const address of await resolve(host, options.lookup)) {
    try {
      const target = `${isIP(address) === 6 ? `[${address}]` : address}:${port}`;
      const socket = await ask(target, options);
      return url.protocol === "https:" ? secure(socket, host, options.ca) : socket;
    } catch (error) {
      last = error instanceof Error ? error : new Error(String(error));
      if (options.signal?.aborted) break;
    }
  }
  throw last;
}

function resolve(host: string, lookup: LookupFunction): Promise<readonly string[]> {
  return new Promise((done, fail) => {
    lookup(host, { all: true }, (error, found) => {
      if (error) fail(error);
      else done(typeof found === "string" ? [found] : found.map(({ address }) => address));
    });
  });
}

/** Asks the proxy for a connection to an address. */
function ask(target: string, { proxy, signal, timeout }: Connecting): Promise<Socket> {
  const { request } = proxy.protocol === "https:" ? https : http;
  return new Promise((done, fail) => {
    const asked = request({
      host: proxy.hostname.replace(/^\[|\]$/g, ""),
      port: proxy.port || (proxy.protocol === "https:" ? 443 : 80),
      method: "CONNECT",
      path: target,
      headers: { host: target },
      agent: false,
      ...(signal && { signal }),
      ...(timeout !== undefined && { timeout }),
    });
    const say = (words: string) => new Error(`the proxy ${proxy.host} ${words}`);
    asked.on("timeout", () => asked.destroy(new Error(`has not answered within ${timeout} ms`)));
    asked.on("error", (error) => fail(say(error.message)));
    // Whoever does not connect answers like a server.
    asked.on("response", ({ statusCode }) => {
      asked.destroy();
      fail(say(`answered ${statusCode} to a connection to ${target}`));
    });
    asked.on("connect", ({ statusCode }, socket: Socket) => {
      if (statusCode === 200) return done(socket);
      socket.destroy();
      fail(say(`answered ${statusCode} to a connection to ${target}`));
    });
    asked.end();
  });
}

/** Of the host itself, by its name: the proxy sees nothing of what is said. */
function secure(socket: Socket, host: string, ca: string | undefined): tls.TLSSocket {
  return tls.connect({
    ...{ socket, host, ALPNProtocols: ["http/1.1"] },
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca }),
  });
}
