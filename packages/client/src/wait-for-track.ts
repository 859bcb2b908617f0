import { hasEnded, mostWaitSec, type TrackResource } from "@segue/contracts";
import type { ApiClient } from "./api-client.ts";
import { mayPass } from "./api-errors.ts";
import { realClock } from "./clock.ts";

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
  { signal = new AbortController().signal }: { readonly signal?: AbortSignal } = {},
): Promise<TrackResource | undefined> {
  for (;;) {
    signal.throwIfAborted();
    try {
      const track = await api.readTrack(id, { signal, waitSec });
      if (track === undefined || hasEnded(track)) return track;
      // It says nothing of a track's end, and answers at once.
      if (track.degraded === undefined) continue;
    } catch (error) {
      if (signal.aborted || !mayPass(error)) throw error;
    }
    await realClock.sleep(pauseMs, signal);
  }
}
