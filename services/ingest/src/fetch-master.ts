import type { PayloadRef } from "@segue/contracts";
import type { ApiContext } from "./api-context.ts";
import { ProblemError } from "./problem-error.ts";

/** Fetches a source that a request names, within its time limit, and keeps it as a master. */
export async function fetchMaster(
  context: ApiContext,
  url: string,
): Promise<{ master: PayloadRef; fileName: string | null }> {
  const { masters, config } = context;
  const signal = AbortSignal.timeout(config.sourceTimeoutMs);
  const source = await context.openSource(url, signal);
  try {
    if (source.sizeBytes !== undefined && source.sizeBytes > config.pace.maxBytes) {
      const message = `expected at most ${config.pace.maxBytes} bytes; ${url} has ${source.sizeBytes}`;
      throw new ProblemError("upload-too-large", message);
    }
    const received = await masters.receive(source.body, {
      stalled: "source-unavailable",
      cut: "source-unavailable",
      signal,
    });
    if (source.sizeBytes !== undefined && source.sizeBytes !== received.sizeBytes) {
      await masters.discard(received);
      const message = `expected ${source.sizeBytes} bytes from ${url}, got ${received.sizeBytes}`;
      throw new ProblemError("source-unavailable", message);
    }
    return { master: await masters.keep(received), fileName: source.fileName };
  } finally {
    source.body.destroy();
  }
}
