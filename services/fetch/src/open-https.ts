import type { IncomingMessage } from "node:http";
import https from "node:https";
import { PermanentError, StepError } from "@segue/contracts";
import { createWayOut, judgeUrl, notPublic } from "@segue/intake";
import { readRetryAfter } from "./read-retry-after.ts";
import { SourceAwayError } from "./source-away.ts";

export interface HttpsOptions {
  readonly allowPrivate: boolean;
  /** No answer for this long, in ms, is a failure. */
  readonly idleMs: number;
  readonly signal: AbortSignal;
  /** Through which it is asked for; directly when undefined. */
  readonly proxy?: string | undefined;
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
 * @throws {StepError} `source-refused` and `source-not-found` for good, `source-away` for now.
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
    throw refuseStatus(status, next.host, response.headers["retry-after"]);
  }
  throw new PermanentError("source-not-found", `expected at most ${maxRedirects} redirects; there were more`);
}

/** Of what is the client's fault, some may pass: too slow, too early, too often. */
const passing: ReadonlySet<number> = new Set([408, 425, 429]);

function refuseStatus(status: number, host: string, retryAfter: string | undefined): StepError {
  const message = `expected HTTP 200 from ${host}, got ${status}`;
  if (status >= 400 && status < 500 && !passing.has(status))
    return new PermanentError("source-not-found", message);
  return new SourceAwayError(message, { retryAfterMs: readRetryAfter(retryAfter, new Date()) });
}

function checkUrl(url: URL, options: HttpsOptions): URL {
  const refusal = judgeUrl(url, options);
  if (refusal !== undefined) throw new PermanentError("source-refused", refusal);
  return url;
}

function forbidden(host: string): PermanentError {
  return new PermanentError("source-refused", notPublic(host));
}

const wayOut = createWayOut(forbidden);

function request(url: URL, options: HttpsOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = https.get(url, {
      ...wayOut(url, { ...options, proxy: options.proxy }),
      signal: options.signal,
      timeout: options.idleMs,
      headers: { accept: "audio/*, */*;q=0.5", "accept-encoding": "identity", "user-agent": "segue" },
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
      const away = new SourceAwayError(`${url.host} does not answer: ${error.message}`, { cause: error });
      reject(error instanceof StepError ? error : away);
    });
  });
}
