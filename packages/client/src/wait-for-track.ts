import { hasEnded, mostWaitSec, type TrackResource } from "@segue/contracts";
import type { ApiClient } from "./api-client.ts";
import { mayPass } from "./api-errors.ts";
import { type Clock, realClock } from "./clock.ts";
import { restAfter } from "./rest-after.ts";

/** Before an API that does not answer is asked again. */
const pauseMs = 1_000;
/** Under the client's own limit for an answer. */
const waitSec = Math.min(30, mostWaitSec);

/**
 * Waits until a track has come to its end, and returns it with its results; undefined if the API knows no such track. It is told by the API, which is not
 * asked again and again; where that is away it is asked later, for as long as it takes: the signal bounds it.
 *
 * @throws {UnexpectedAnswer} {ApiRefusal} that no later attempt gets past; the signal's reason.
 */
export async function waitForTrack(
  api: Pick<ApiClient, "readTrack">,
  id: string,
  {
    signal = new AbortController().signal,
    clock = realClock,
  }: { readonly signal?: AbortSignal; readonly clock?: Clock } = {},
): Promise<TrackResource | undefined> {
  for (;;) {
    signal.throwIfAborted();
    try {
      const askedAt = clock.now();
      const track = await api.readTrack(id, { signal, waitSec });
      if (track === undefined || hasEnded(track)) return track;
      await restAfter(askedAt, clock, signal);
      // It says nothing of a track's end, and answers at once.
      if (track.degraded === undefined) continue;
    } catch (error) {
      if (signal.aborted || !mayPass(error)) throw error;
    }
    await clock.sleep(pauseMs, signal);
  }
}
