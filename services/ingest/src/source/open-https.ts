import { type LookupAddress, lookup } from "node:dns";
import type { IncomingMessage } from "node:http";
import https from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { ProblemError } from "../problem-error.ts";
import { isPublicAddress } from "./public-address.ts";

export interface HttpsOptions {
  readonly allowPrivate: boolean;
  /** No answer for this long, in ms, is a failure. */
  readonly idleMs: number;
  readonly signal: AbortSignal;
  /** PEM of the certificate authorities to trust in place of the well-known ones. */
  readonly ca?: string;
}

const maxRedirects = 5;
/** Of the idle time: a server that answers a byte at a time is never silent, and would hold its request for as long as it likes. */
const maxIdleTimes = 3;

/**
 * Requests a URL, follows redirects, and returns the answer with its body still to be read. The address is checked
 * where the connection is made, so that what was checked is what is connected to, after each redirect too.
 *
 * @throws {ProblemError} `source-forbidden`, `source-missing` or `source-unavailable`.
 */
export async function openHttps(url: string, options: HttpsOptions): Promise<IncomingMessage> {
  let next = new URL(url);
  for (let hops = 0; hops <= maxRedirects; hops++) {
    const response = await request(checkUrl(next, options), options);
    const status = response.statusCode ?? 0;
    if (status === 200) return response;
    response.destroy();
    const { location } = response.headers;
    if ([301, 302, 303, 307, 308].includes(status) && location && URL.canParse(location, next.href)) {
      next = new URL(location, next);
      continue;
    }
    const permanent = [401, 403, 404, 410].includes(status);
    throw new ProblemError(
      permanent ? "source-missing" : "source-unavailable",
      `expected HTTP 200 from ${next.host}, got ${status}`,
    );
  }
  throw new ProblemError("source-unavailable", `expected at most ${maxRedirects} redirects; there were more`);
}

function checkUrl(url: URL, { allowPrivate }: HttpsOptions): URL {
  if (url.protocol !== "https:") {
    throw new ProblemError("source-forbidden", `expected an https:// URL, got ${url.protocol}//`);
  }
  if (url.username || url.password) {
    throw new ProblemError("source-forbidden", "expected a URL without a user name or password");
  }
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (!allowPrivate && isIP(host) !== 0 && !isPublicAddress(host)) throw forbidden(host);
  return url;
}

function forbidden(host: string): ProblemError {
  return new ProblemError("source-forbidden", `expected a host on the public internet; ${host} is not`);
}

/** Resolves a name to public addresses only; one private address among them spoils it. */
const lookupPublic: LookupFunction = (hostname, options, done) => {
  lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    const [first] = addresses ?? [];
    if (error) done(error, "");
    else if (!first || !addresses.every(({ address }) => isPublicAddress(address)))
      done(forbidden(hostname), "");
    else if (options.all) done(null, addresses);
    else done(null, first.address, first.family);
  });
};

function request(url: URL, options: HttpsOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = https.get(url, {
      // A connection of its own: a pooled one would skip the look-up, and with it the check.
      agent: false,
      signal: options.signal,
      timeout: options.idleMs,
      headers: { accept: "audio/*, */*;q=0.5", "accept-encoding": "identity", "user-agent": "segue" },
      ...(options.allowPrivate ? {} : { lookup: lookupPublic }),
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    });
    sent.on("timeout", () => sent.destroy(new Error(`no answer within ${options.idleMs} ms`)));
    const answerMs = maxIdleTimes * options.idleMs;
    const late = setTimeout(() => sent.destroy(new Error(`no whole answer within ${answerMs} ms`)), answerMs);
    sent.on("response", (response) => {
      clearTimeout(late);
      resolve(response);
    });
    sent.on("error", (error) => {
      clearTimeout(late);
      const unavailable = `${url.host} does not answer: ${error.message}`;
      reject(
        error instanceof ProblemError
          ? error
          : new ProblemError("source-unavailable", unavailable, { cause: error }),
      );
    });
  });
}
