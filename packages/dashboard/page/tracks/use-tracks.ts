import { type Change, maxTrackIds, TrackList } from "@segue/contracts";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Api } from "../api/create-api.ts";
import { useApp } from "../app-context.ts";
import { useLive } from "../parts/use-live.ts";
import { useRetry } from "../parts/use-retry.ts";
import {
  appendPage,
  isInReach,
  queryOf,
  removeRows,
  type TrackFilter,
  type TrackRows,
  updateRows,
} from "./track-rows.ts";

export interface ListedTracks {
  readonly rows: TrackRows;
  readonly isLoading: boolean;
  readonly error: unknown;
  /** Reads the next page, unless it is being read or there is none. */
  loadMore(): void;
}

const pageSize = 200;
const none: TrackRows = { tracks: [], nextCursor: null };

/** The tracks of a filter, page by page, each as it is at the time. */
export function useTracks(filter: TrackFilter): ListedTracks {
  const { api } = useApp();
  const [rows, setRows] = useState(none);
  const [isLoading, setLoading] = useState(true);
  const [error, setError] = useState<unknown>(undefined);
  const [round, setRound] = useState(0);
  const reading = useRef<AbortController | null>(null);
  const read = useCallback(
    async (cursor: string | null) => {
      const ending = new AbortController();
      reading.current?.abort();
      reading.current = ending;
      setLoading(true);
      try {
        const page = await api.get(queryOf(filter, cursor, pageSize), TrackList, ending.signal);
        setRows((before) => (cursor === null ? page : appendPage(before, page)));
        setError(undefined);
      } catch (problem) {
        if (!ending.signal.aborted) setError(problem);
      }
      if (reading.current !== ending) return;
      reading.current = null;
      setLoading(false);
    },
    [api, filter],
  );
  useEffect(() => {
    void read(null);
    return () => reading.current?.abort();
  }, [read, round]);
  const startAnew = () => setRound((before) => before + 1);
  useRefreshed(api, {
    // On a busy fleet most of what happens is to tracks on pages that nobody has read.
    concerns: (trackId) => isInReach(rows, trackId),
    take: (now) => setRows((before) => updateRows(before, now, filter)),
    remove: (gone) => setRows((before) => removeRows(before, gone)),
    startAnew,
  });
  const { nextCursor } = rows;
  const loadMore = useCallback(() => {
    if (nextCursor !== null && reading.current === null) void read(nextCursor);
  }, [nextCursor, read]);
  useRetry(error, rows.tracks.length > 0 && nextCursor !== null ? loadMore : startAnew);
  return { rows, isLoading, error, loadMore };
}

/** Reads tracks again that something has happened to: many in one request, one request at a time. */
function useRefreshed(
  api: Api,
  use: {
    concerns(trackId: string): boolean;
    take(tracks: TrackList["tracks"]): void;
    remove(ids: readonly string[]): void;
    startAnew(): void;
  },
): void {
  const changed = useRef(new Set<string>());
  const isReading = useRef(false);
  const latest = useRef(use);
  latest.current = use;
  const readChanged = async () => {
    if (isReading.current) return;
    isReading.current = true;
    while (changed.current.size > 0) {
      const ids = [...changed.current].slice(0, maxTrackIds);
      for (const id of ids) changed.current.delete(id);
      // One that can't be read now is read when it changes again, or with its page.
      const page = await api.get(`v1/tracks?ids=${ids.join(",")}`, TrackList).catch(() => null);
      if (page) latest.current.take(page.tracks);
    }
    isReading.current = false;
  };
  useLive({
    onChanges(changes: readonly Change[]) {
      const gone = changes.filter(({ type }) => type === "track.deleted").map(({ trackId }) => trackId);
      if (gone.length > 0) latest.current.remove(gone);
      for (const { trackId } of changes) if (latest.current.concerns(trackId)) changed.current.add(trackId);
      void readChanged();
    },
    onGap: () => latest.current.startAnew(),
  });
}
