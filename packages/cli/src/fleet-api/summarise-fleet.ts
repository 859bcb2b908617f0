import { TrackState, type TrackSummary } from "@segue/contracts";
import { formatColumns } from "../format-columns.ts";
import { formatLatency } from "../start/format-text.ts";

export interface FleetStatus {
  /** How many of the newest tracks were looked at. */
  readonly tracks: number;
  readonly states: Readonly<Record<string, number>>;
  /** From acceptance to the last step, of those that ended; null if none has. */
  readonly latencyMs: { readonly median: number; readonly p95: number } | null;
  /** When the oldest of those that have not ended was accepted. */
  readonly oldestUnfinished: string | null;
  /** Steps that unfinished tracks wait for, by name. */
  readonly waiting: Readonly<Record<string, number>>;
}

export function summariseFleet(tracks: readonly TrackSummary[]): FleetStatus {
  const states: Record<string, number> = Object.fromEntries(TrackState.options.map((state) => [state, 0]));
  const waiting: Record<string, number> = {};
  const unfinished = tracks.filter(({ state }) => state === "accepted" || state === "processing");
  for (const { state } of tracks) states[state] = (states[state] ?? 0) + 1;
  for (const { step, status } of unfinished.flatMap(({ steps }) => steps)) {
    if (status === "waiting") waiting[step] = (waiting[step] ?? 0) + 1;
  }
  const latencies = tracks.flatMap(({ latencyMs }) => latencyMs ?? []).sort((a, b) => a - b);
  const at = (share: number) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  return {
    tracks: tracks.length,
    states,
    latencyMs: latencies.length === 0 ? null : { median: at(0.5), p95: at(0.95) },
    oldestUnfinished: unfinished.map(({ acceptedAt }) => acceptedAt).sort()[0] ?? null,
    waiting,
  };
}

export function renderStatus({ tracks, states, latencyMs, oldestUnfinished, waiting }: FleetStatus): string {
  const latency = latencyMs
    ? `median ${formatLatency(latencyMs.median)}, 95 % within ${formatLatency(latencyMs.p95)}`
    : "-";
  return formatColumns([
    ["tracks", `${tracks} newest`],
    ...Object.entries(states).map(([state, count]) => [`  ${state}`, String(count)]),
    ["latency", latency],
    ["oldest unfinished", oldestUnfinished ?? "-"],
    ...Object.entries(waiting).map(([step, count]) => [`  wait for ${step}`, String(count)]),
  ]);
}
