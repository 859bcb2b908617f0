import { type ApiClient, type TrackFilter, walkTracks } from "@segue/client";
import type { TrackSummary } from "@segue/contracts";
import { createPace } from "../start/create-pace.ts";
import { SendFailure, sendPaced } from "../start/send-file.ts";
import { underlyingOf } from "./underlying-failure.ts";

/** What was sent again, by step and code of the last error. */
export interface ReplayedGroup {
  readonly step: string;
  readonly code: string;
  readonly tracks: number;
}

export interface ReplayManyOptions {
  readonly filter: TrackFilter;
  readonly limit: number;
  /** Counts only. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  onWait(reason: string): void;
}

const atOnce = 8;

/** Sends tracks that have failed through the chain again, the newest first, and has what failed computed anew. */
export async function replayMany(
  api: ApiClient,
  options: ReplayManyOptions,
): Promise<{ readonly tracks: number; readonly groups: readonly ReplayedGroup[] }> {
  const { filter, limit, dryRun, signal, onWait } = options;
  const pace = createPace({ maxLimit: atOnce });
  const groups = new Map<string, ReplayedGroup>();
  let tracks = 0;
  const replay = async (track: TrackSummary) => {
    if (!dryRun) {
      const post = async () => {
        const receipt = await api.replay(track.id, { force: "failed" }, { signal });
        if (!receipt) throw new SendFailure("not-found", `track ${track.id} is gone`);
        return receipt;
      };
      await sendPaced(post, { pace, signal, onWait });
    }
    tracks += 1;
    for (const { step, code: told, underlying } of track.steps) {
      if (told === null) continue;
      const { code } = underlyingOf(underlying ?? { code: told, message: "" });
      const key = `${step} ${code}`;
      groups.set(key, { step, code, tracks: (groups.get(key)?.tracks ?? 0) + 1 });
    }
  };
  const underWay = new Set<Promise<void>>();
  for await (const track of walkTracks(api, limit, filter)) {
    if (signal.aborted) break;
    const replaying = replay(track).finally(() => underWay.delete(replaying));
    underWay.add(replaying);
    if (underWay.size >= atOnce) await Promise.race(underWay);
  }
  await Promise.all(underWay);
  return { tracks, groups: [...groups.values()].sort((a, b) => b.tracks - a.tracks) };
}
