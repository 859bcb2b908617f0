/** Answers whose length nobody knows beforehand, of which a part must not be taken for the whole. */
import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import { ProblemError } from "../problem-error.ts";

export interface SentWhole {
  /** Ends it: the client has gone, its key was withdrawn, or the API ends. */
  readonly signal: AbortSignal;
  /** A client that has taken nothing for so long is cut, in ms. */
  readonly stallMs: number;
}

/**
 * A body that ends as an answer does where all of it was sent: where that fails, the connection is cut.
 *
 * @throws {ProblemError} `invalid-request` to whoever speaks HTTP/1.0, where the end of a connection is the end of an answer.
 */
export function sendWhole(
  reply: FastifyReply,
  chunks: AsyncIterable<string | Uint8Array>,
  sent: SentWhole,
): Readable {
  const { raw } = reply.request;
  if (raw.httpVersion === "1.0")
    throw new ProblemError(
      "invalid-request",
      "expected HTTP/1.1: in HTTP/1.0 an answer of this length, which nobody knows, can't be told from one that broke off (nginx: proxy_http_version 1.1)",
    );
  const cut = () => {
    // Before that there is an answer that says what went wrong.
    if (reply.raw.headersSent) raw.socket.destroy();
  };
  return Readable.from(watched(chunks, { ...sent, cut }), { objectMode: false, highWaterMark: 65_536 });
}

async function* watched(
  chunks: AsyncIterable<string | Uint8Array>,
  { signal, stallMs, cut }: SentWhole & { cut(): void },
): AsyncGenerator<string | Uint8Array> {
  try {
    for await (const chunk of chunks) {
      if (signal.aborted) throw new ProblemError("unavailable", "the API ends, or the key was withdrawn");
      const stall = setTimeout(cut, stallMs);
      try {
        yield chunk;
      } finally {
        clearTimeout(stall);
      }
    }
  } catch (error) {
    cut();
    throw error;
  }
}
