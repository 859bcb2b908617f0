import { type ChainStep, ChainStepList, hasEnded, TrackList, TrackResource } from "@segue/contracts";
import { useRef, useState } from "preact/hooks";
import { useApp } from "../app-context.ts";
import { useInterval } from "../parts/use-interval.ts";
import { useLive } from "../parts/use-live.ts";
import { useLoaded } from "../parts/use-loaded.ts";
import type { NumbersNow } from "./fleet-numbers.ts";
import { durationsOf, type LatestTracks, readLatest } from "./sample.ts";

export interface ShownFleet {
  readonly steps: readonly ChainStep[] | undefined;
  readonly latest: LatestTracks | undefined;
  /** Step to durations of late, in ms. */
  readonly durations: ReadonlyMap<string, readonly number[]>;
  readonly now: NumbersNow;
  readonly error: unknown;
}

const latestCount = 200;
/** Tracks whose attempts are looked at: each is a request. */
const sampled = 12;
const refreshMs = 5_000;

/** What the API tells of the fleet: the chain, what has become of the latest tracks, and what happens now. */
export function useFleet(): ShownFleet {
  const { api, numbers } = useApp();
  const [now, setNow] = useState(() => numbers.read(Date.now()));
  const [isStale, setStale] = useState(false);
  const steps = useLoaded((signal) => api.get("v1/steps", ChainStepList, signal), [api]);
  // How a track went is read once: it has ended.
  const known = useRef<ReadonlyMap<string, TrackResource>>(new Map());
  const readTrack = (id: string, signal: AbortSignal) => api.get(`v1/tracks/${id}`, TrackResource, signal);
  const recent = useLoaded(
    async (signal) => {
      const { tracks } = await api.get(`v1/tracks?limit=${latestCount}`, TrackList, signal);
      const ended = tracks.filter(hasEnded).slice(0, sampled);
      const whole = await Promise.all(ended.map(({ id }) => known.current.get(id) ?? readTrack(id, signal)));
      known.current = new Map(whole.map((track) => [track.id, track]));
      return { latest: readLatest(tracks), durations: durationsOf(whole) };
    },
    [api],
  );
  useLive({ onChanges: () => setStale(true), onGap: recent.reload });
  useInterval(() => setNow(numbers.read(Date.now())), 1_000);
  useInterval(() => {
    if (!isStale) return;
    setStale(false);
    recent.reload();
  }, refreshMs);
  return {
    steps: steps.value?.steps,
    latest: recent.value?.latest,
    durations: recent.value?.durations ?? new Map(),
    now,
    error: steps.error ?? recent.error,
  };
}
