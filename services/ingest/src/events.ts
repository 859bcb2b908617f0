import { type HttpErrorCode, type TrackAccepted, uploadedSource } from "@segue/contracts";
import { createCounter, createHistogram, type Logger, type Meter, observeMetric } from "@segue/telemetry";
import type { HeldRequests } from "./changes/held-requests.ts";
import type { AuditTrail } from "./keys/audit-trail.ts";
import { metrics } from "./metrics.ts";

/** What happens in the API, as its operators hear of it: one helper per event, which owns its figures and its line. */
export interface ApiEvents {
  requestAnswered(request: {
    readonly route: string | undefined;
    readonly method: string;
    readonly status: number;
    readonly problem: HttpErrorCode | undefined;
    /** Null: it was held open until something happened. */
    readonly durationMs: number | null;
  }): void;
  trackAccepted(track: TrackAccepted): void;
}

/** Where figures are read when somebody collects. */
export interface ApiFigures {
  readonly held: Pick<HeldRequests, "count">;
  readonly audit: Pick<AuditTrail, "waiting" | "lost">;
}

export function createApiEvents(meter: Meter, log: Logger, { held, audit }: ApiFigures): ApiEvents {
  const countRequest = createCounter(meter, metrics.requests);
  const recordDuration = createHistogram(meter, metrics.requestDuration);
  const countTrack = createCounter(meter, metrics.acceptedTracks);
  const countBytes = createCounter(meter, metrics.acceptedBytes);
  observeMetric(meter, metrics.heldRequests, () => [{ value: held.count(), labels: {} }]);
  observeMetric(meter, metrics.auditWaiting, () => [{ value: audit.waiting(), labels: {} }]);
  observeMetric(meter, metrics.auditLost, () => [{ value: audit.lost(), labels: {} }]);
  return {
    requestAnswered({ route = "none", method, status, problem, durationMs }) {
      countRequest({ route, method, status: String(status), code: problem ?? "none" });
      if (durationMs !== null) recordDuration(durationMs / 1_000, { route, method });
      log.debug(
        { route, method, status, durationMs: durationMs && Math.round(durationMs) },
        "request answered",
      );
    },
    trackAccepted({ trackId, master, sizeBytes, request, source }) {
      const labels = { source: schemeOf(source) };
      countTrack(labels);
      if (sizeBytes !== null) countBytes(labels, sizeBytes);
      log.info({ track: trackId, master, sizeBytes, targets: request.targets }, "track accepted");
    },
  };
}

/** `upload`, `gs` or `https`: names of sources are no labels. */
function schemeOf(source: string): string {
  return source.includes("://") ? source.slice(0, source.indexOf("://")) : uploadedSource;
}
