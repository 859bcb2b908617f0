import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { type SentOnce, toStorableText } from "@segue/catalog-db";
import { createWayOut, judgeWebhookUrl, notPublic } from "@segue/intake";

export interface PostOptions {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether it may be on a private network, and without TLS: for tests and for a machine of one's own. */
  readonly allowPrivate: boolean;
  /** The whole of it may take so long, in ms. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Through which it is called; directly when undefined. */
  readonly proxy?: string | undefined;
  /** PEM of the certificate authorities to trust in place of the well-known ones. */
  readonly ca?: string | undefined;
}

/** Of an answer so much is read, and kept. */
const keptBytes = 1_024;

const wayOut = createWayOut((host) => new Error(notPublic(host)));

/**
 * Sends a body to a webhook, and never fails: what went wrong is the answer. Where it leads is checked where the connection is made, as for sources; a redirect is an
 * answer like another, and is not followed.
 */
export async function postWebhook(url: string, options: PostOptions): Promise<SentOnce> {
  const startedAt = performance.now();
  const after = (status: number | null, answer: string): SentOnce => ({
    ...{ status, answer: toStorableText(answer).slice(0, keptBytes) },
    latencyMs: Math.round(performance.now() - startedAt),
  });
  const refusal = judgeWebhookUrl(new URL(url), options);
  if (refusal !== undefined) return after(null, refusal);
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), options.timeoutMs);
  const signal = AbortSignal.any([options.signal, late.signal]);
  try {
    const response = await post(new URL(url), { ...options, signal });
    return after(response.statusCode ?? null, await readHead(response));
  } catch (error) {
    const why = late.signal.aborted ? `expected an answer within ${options.timeoutMs} ms` : sayError(error);
    return after(null, why);
  } finally {
    clearTimeout(timer);
  }
}

function post(url: URL, options: PostOptions): Promise<IncomingMessage> {
  const { body, headers, signal } = options;
  const { request } = url.protocol === "http:" ? http : https;
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        ...wayOut(url, { ...options, proxy: options.proxy }),
        ...{ method: "POST", signal },
        headers: {
          ...headers,
          "content-type": "application/json",
          "content-length": Buffer.byteLength(body),
          "user-agent": "segue",
        },
      },
      resolve,
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Its first bytes. The status stands whatever becomes of them; the rest is not waited for. */
async function readHead(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= keptBytes) break;
    }
  } catch {
    // It was cut: what came before is what there is.
  } finally {
    response.destroy();
  }
  return Buffer.concat(chunks).subarray(0, keptBytes).toString("utf8");
}

function sayError(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(sayError).join("; ");
  return error instanceof Error ? error.message : String(error);
}
