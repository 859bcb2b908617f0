import { type Change, mostWaitSec } from "@segue/contracts";
import type { ApiClient } from "./api-client.ts";
import { mayPass } from "./api-errors.ts";
import { type Clock, realClock } from "./clock.ts";
import { restAfter } from "./rest-after.ts";

/** Before an API that does not answer is asked again. */
const pauseMs = 1_000;
/** Under the client's own limit for an answer. */
const waitSec = Math.min(30, mostWaitSec);

export interface FollowChangesOptions {
  /** A cursor: of the last change that was dealt with. `now` when left out: what happens from now on. */
  readonly since?: string;
  /** Only what happens to this track. */
  readonly trackId?: string;
  /** Ends it. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

/**
 * What happens to tracks, oldest first and without a gap, for as long as it is read. Keep the `cursor` of a change once it is dealt with: with it as `since`
 * what comes behind it is read later. An API that is away meanwhile is asked again for as long as it takes.
 *
 * @throws {ApiRefusal} `cursor-expired` where what is behind the cursor is not kept any more; {UnexpectedAnswer}; the signal's reason.
 */
export async function* followChanges(
  api: Pick<ApiClient, "readChanges">,
  {
    since = "now",
    trackId,
    signal = new AbortController().signal,
    clock = realClock,
  }: FollowChangesOptions = {},
): AsyncGenerator<Change, never> {
  for (let cursor = since; ; ) {
    signal.throwIfAborted();
    try {
      // From now on: a cursor first, so that nothing is lost between two answers.
      const wait = cursor === "now" ? undefined : waitSec;
      const askedAt = clock.now();
      const page = await api.readChanges({ since: cursor, trackId, wait }, { signal });
      yield* page.changes;
      cursor = page.nextCursor;
      if (wait !== undefined && page.changes.length === 0) await restAfter(askedAt, clock, signal);
    } catch (error) {
      if (signal.aborted || !mayPass(error)) throw error;
      await clock.sleep(pauseMs, signal);
    }
  }
}
