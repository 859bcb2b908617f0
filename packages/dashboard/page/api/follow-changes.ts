import { Change } from "@segue/contracts";
import { ApiProblem } from "./api-problem.ts";
import type { Api } from "./create-api.ts";
import { readEvents } from "./read-events.ts";

/** Of the stream of changes: one that has happened, or how it is with the stream itself. */
export type Followed =
  | { readonly type: "change"; readonly change: Change }
  | { readonly type: "open" }
  /** It has broken, and is opened again after a while. */
  | { readonly type: "away" }
  /** What has happened since it broke is not known: what is shown is to be read anew. */
  | { readonly type: "gap" };

export interface FollowOptions {
  readonly signal: AbortSignal;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

const leastPauseMs = 1_000;
const mostPauseMs = 15_000;

/**
 * What happens to tracks from now on, over as many connections as it takes: each begins where the one before it ended. By `fetch`, since `EventSource`
 * sends no key.
 *
 * @throws {ApiProblem} where the API refuses for good: no key, or none that may read.
 */
export async function* followChanges(
  api: Pick<Api, "open">,
  { signal, sleep }: FollowOptions,
): AsyncGenerator<Followed, void> {
  let last: string | undefined;
  let pauseMs = leastPauseMs;
  while (!signal.aborted) {
    try {
      const headers: Record<string, string> = last === undefined ? {} : { "last-event-id": last };
      const { body } = await api.open("v1/changes/events", { headers, signal });
      yield { type: "open" };
      pauseMs = leastPauseMs;
      for await (const { id, event, data } of body ? readEvents(body) : []) {
        last = id ?? last;
        if (data !== undefined && (event ?? "message") === "message")
          yield { type: "change", change: Change.parse(JSON.parse(data)) };
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiProblem && error.code === "cursor-expired") {
        last = undefined;
        yield { type: "gap" };
        continue;
      }
      if (error instanceof ApiProblem && !error.mayPass) throw error;
      yield { type: "away" };
      pauseMs = Math.min(mostPauseMs, pauseMs * 2);
    }
    await sleep(pauseMs, signal);
  }
}
