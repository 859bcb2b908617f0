import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { TrackReceipt } from "@segue/contracts";
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
  const url = new URL(`/v1/tracks?${new URLSearchParams({ filename: track.fileName })}`, apiUrl);
  for (let tries = 1; ; tries++) {
    const answer = await post(url, body);
    if (typeof answer === "string") return { id: answer, master: track.sha256, at: performance.now(), tries };
    if (answer.final || performance.now() > deadline)
      throw new Error(`${track.fileName} was not accepted: ${answer.why}`);
    await delay(retryMs);
  }
}

async function post(
  url: URL,
  body: Buffer,
): Promise<string | { readonly why: string; readonly final: boolean }> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/octet-stream" },
      body: new Uint8Array(body),
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    const text = await response.text();
    if (response.status === 202) return TrackReceipt.parse(JSON.parse(text)).id;
    const final = response.status < 500 && response.status !== 408 && response.status !== 429;
    return { why: `HTTP ${response.status}: ${text}`, final };
  } catch (error) {
    return {
      why: error instanceof Error ? `${error.message} (${String(error.cause ?? "")})` : String(error),
      final: false,
    };
  }
}
