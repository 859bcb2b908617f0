import { setTimeout as sleep } from "node:timers/promises";
import type { ApiClient } from "@segue/client";
import type { BackfillResource } from "@segue/contracts";
import { renderProgress } from "./render-backfill.ts";

const everyMs = 1_000;
/** It travels through the queue and the catalog first. */
const appearsWithinMs = 60_000;

/** Where progress goes: a terminal has one line that changes, anything else a line whenever something has. */
export interface ProgressOutput extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
}

/**
 * Tells of a backfill until it is over or paused. Returns it as it was seen last; undefined when the signal came first.
 *
 * @throws {Error} when it does not appear.
 */
export async function followBackfill(
  api: ApiClient,
  id: string,
  output: ProgressOutput,
  signal: AbortSignal,
): Promise<BackfillResource | undefined> {
  const since = performance.now();
  let last = "";
  const tell = (line: string) => {
    if (line === last) return;
    output.write(output.isTTY ? `\r\u001b[K${line}` : `${line}\n`);
    last = line;
  };
  try {
    while (!signal.aborted) {
      const backfill = await api.readBackfill(id, { signal });
      if (backfill) tell(renderProgress(backfill));
      else if (performance.now() - since > appearsWithinMs) {
        throw new Error(`the catalog has not heard of backfill ${id} within ${appearsWithinMs / 1000} s`);
      }
      if (backfill && backfill.state !== "running" && backfill.tracks.underWay === 0) return backfill;
      await sleep(everyMs, undefined, { signal });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    if (output.isTTY && last) output.write("\n");
  }
  return undefined;
}
