import type { TrackResource, TrackSummary } from "@segue/contracts";
import type { ApiClient } from "./api-client.ts";
import { createFollower } from "./follow-tracks.ts";

export interface WhenEndedOptions {
  readonly signal?: AbortSignal | undefined;
  readonly pollMs?: number;
  /** Told how far the track is, at every look. */
  onProgress?(track: TrackSummary): void;
}

/**
 * Waits until every step of a track that was accepted has ended, and returns it with its results. An API that is away meanwhile is
 * asked again for as long as it takes: the signal bounds it.
 *
 * @throws {UnexpectedAnswer} {ApiRefusal} that no later attempt gets past; the signal's reason.
 */
export async function whenEnded(
  api: ApiClient,
  id: string,
  { signal = new AbortController().signal, pollMs = 250, onProgress = () => {} }: WhenEndedOptions = {},
): Promise<TrackResource> {
  const { promise, resolve } = Promise.withResolvers<TrackResource>();
  const onEnded = async (track: TrackResource) => resolve(track);
  const follower = createFollower({ api, signal, pollMs, onProgress, onEnded, onTrouble: () => {} });
  follower.add(id);
  follower.close();
  await follower.run();
  return promise;
}
