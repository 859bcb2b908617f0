import type { OpenTrackCount } from "@segue/catalog-db";
import type { Logger } from "@segue/telemetry";

/** How many tracks are accepted and have not come to an end, as far as this process can tell without waiting. */
export interface OpenTracks {
  readonly limit: number;
  isFull(): boolean;
  /** This process has accepted a track. */
  accepted(at: Date): void;
}

export interface OpenTracksOptions {
  readonly limit: number;
  /** Asks the catalog; called once in `countEveryMs` at most, however many requests there are. */
  count(): Promise<OpenTrackCount>;
  readonly log: Logger;
  readonly countEveryMs?: number;
  now?(): number;
}

/**
 * The catalog's last known count, and what this process has accepted since the latest track that the catalog knew then:
 * so a catalog that lags, or a database that is away, opens no gate. The count is taken anew when a request asks and
 * the last one is old; that request does not wait for it.
 */
export function createOpenTracks(options: OpenTracksOptions): OpenTracks {
  const { limit, count, log, countEveryMs = 1_000, now = performance.now.bind(performance) } = options;
  let known: OpenTrackCount = { open: 0, latestAcceptedAt: null };
  let acceptedAt: number[] = [];
  let countedAtMs = Number.NEGATIVE_INFINITY;
  let counting = false;
  let failing = false;

  const forgetKnown = () => {
    const latest = known.latestAcceptedAt?.getTime() ?? Number.NEGATIVE_INFINITY;
    acceptedAt = acceptedAt.filter((at) => at > latest);
  };
  const refresh = async () => {
    counting = true;
    try {
      known = await count();
      forgetKnown();
      failing = false;
    } catch (error) {
      if (!failing) log.warn({ error, ...known }, "open tracks can't be counted; the last figure holds");
      failing = true;
    } finally {
      countedAtMs = now();
      counting = false;
    }
  };

  return {
    limit,
    isFull() {
      if (!counting && now() - countedAtMs >= countEveryMs) void refresh();
      return known.open + acceptedAt.length >= limit;
    },
    accepted(at) {
      acceptedAt.push(at.getTime());
    },
  };
}
