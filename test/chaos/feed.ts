import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { createApiClient, mayPass } from "@segue/client";
import type { ChaosTrack } from "./corpus.ts";

export interface Accepted {
  readonly id: string;
  readonly master: string;
  /** Of the answer, on `performance.now()`'s clock. */
  readonly at: number;
}

/** Redelivery backs off up to a minute: past some of those a track that has not ended hangs. */
export const hangLimitMs = 240_000;
const requestTimeoutMs = 60_000;
const retryMs = 500;

/**
 * Submits a file as a careful client does: again until the API says 202.
 *
 * @returns the receipt, and how many tries it took. @throws {Error} when the API refuses the file, or `deadline` passes.
 */
export async function submit(
  apiUrl: string,
  track: ChaosTrack,
  deadline: number,
): Promise<Accepted & { readonly tries: number }> {
  const body = await readFile(track.path);
  const api = createApiClient(apiUrl);
  try {
    for (let tries = 1; ; tries++) {
      const signal = AbortSignal.timeout(requestTimeoutMs);
      try {
        const { id } = await api.postUpload({ body, fileName: track.fileName }, { signal });
        return { id, master: track.sha256, at: performance.now(), tries };
      } catch (error) {
        const isFinal = !mayPass(error) && !signal.aborted;
        if (isFinal || performance.now() > deadline)
          throw new Error(`${track.fileName} was not accepted`, { cause: error });
      }
      await delay(retryMs);
    }
  } finally {
    await api[Symbol.asyncDispose]();
  }
}
