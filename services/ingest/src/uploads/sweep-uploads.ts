import { setTimeout as sleep } from "node:timers/promises";
import { ObjectNotFoundError } from "@segue/store";
import { withSpan } from "@segue/telemetry";
import type { ApiContext } from "../api-context.ts";
import { endReceived } from "./end-upload.ts";

/** A client that completes its upload by itself, or gives it up, has so long for it. */
const ownMs = 60_000;
const everyMs = 60_000;

/**
 * Makes tracks of uploads whose clients have sent the last byte and were not heard of since, and ends what whoever was at it has left halfway. Any instance of the API
 * does, all at once if need be: an upload ends once.
 *
 * @returns how many came to an end.
 */
export async function sweepUploads(context: ApiContext, afterMs: number = ownMs): Promise<number> {
  const { uploads, now, log } = context;
  let ended = 0;
  for await (const { uploadId, file } of uploads.walkOpen()) {
    if (!file || now().getTime() - file.updatedAt.getTime() < afterMs) continue;
    try {
      const upload = await uploads.read(uploadId);
      if (!upload) continue;
      const end = await withSpan("sweep uploads", {}, (_span, trace) =>
        endReceived(context, { upload, file }, trace),
      );
      if (!end) continue;
      ended += 1;
      log.info({ upload: uploadId, end: end.is }, "an upload was ended without its client");
    } catch (error) {
      log.warn({ upload: uploadId, error }, "an upload could not be ended; it is tried again");
    }
  }
  return ended;
}

/** Sweeps about once a minute until it is stopped. */
export function keepSweepingUploads(context: ApiContext): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  const run = async () => {
    while (!signal.aborted) {
      // Instances that began at once do not go on so.
      await sleep(everyMs * (0.5 + Math.random()), undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return;
      await sweepUploads(context).catch((error: unknown) => {
        // Without its bucket nobody begins an upload, and is told why.
        const level = error instanceof ObjectNotFoundError ? "debug" : "warn";
        context.log[level]({ error }, "uploads could not be looked through; it is tried again");
      });
    }
  };
  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
