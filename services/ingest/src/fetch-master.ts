import { type PayloadRef, showSource } from "@segue/contracts";
import type { ApiContext } from "./api-context.ts";
import { ProblemError } from "./problem-error.ts";
import type { OpenedSource } from "./source/open-source.ts";
import { decodeBody, knownEncodings, readEncoding } from "./upload/decode-body.ts";
import type { Received } from "./upload/masters.ts";

/** Fetches a source that a request names, within its time limit, and keeps it as a master. */
export async function fetchMaster(
  context: ApiContext,
  url: string,
): Promise<{ master: PayloadRef; fileName: string | null }> {
  const signal = AbortSignal.timeout(context.config.sourceTimeoutMs);
  const source = await context.openSource(url, signal);
  try {
    const received = await receiveSource(context, source, showSource(url), signal);
    return { master: await context.masters.keep(received), fileName: source.fileName };
  } finally {
    source.body.destroy();
  }
}

async function receiveSource(
  { masters, config }: ApiContext,
  { body, sizeBytes, contentEncoding }: OpenedSource,
  shown: string,
  signal: AbortSignal,
): Promise<Received> {
  if (sizeBytes !== undefined && sizeBytes > config.pace.maxBytes) {
    const message = `expected at most ${config.pace.maxBytes} bytes; ${shown} has ${sizeBytes}`;
    throw new ProblemError("upload-too-large", message);
  }
  const encoding = readEncoding(contentEncoding);
  if (encoding === undefined) {
    const message = `expected ${shown} in ${knownEncodings}; it comes in ${contentEncoding}`;
    throw new ProblemError("source-unreadable", message);
  }
  const decoded = decodeBody(body, encoding, (cause) => {
    const message = `expected ${shown} to be in ${encoding}, as it says; it is not (${cause.message})`;
    return new ProblemError("source-unreadable", message, { cause });
  });
  const codes = { stalled: "source-unavailable", cut: "source-unavailable" } as const;
  try {
    const received = await masters.receive(decoded.body, { ...codes, signal });
    if (encoding !== "identity" || sizeBytes === undefined || sizeBytes === received.sizeBytes)
      return received;
    await masters.discard(received);
    const message = `expected ${sizeBytes} bytes from ${shown}, got ${received.sizeBytes}`;
    throw new ProblemError("source-unavailable", message);
  } finally {
    decoded.end();
  }
}
