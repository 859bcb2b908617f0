import { type ToolsInUse, TrackState, type TrackSummary } from "@segue/contracts";
import { formatLatency, printable } from "@segue/wording";
import { formatColumns } from "../format-columns.ts";

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
  /** Builds of outside programs that made results in the last day, by step and version; null if the API does not tell. */
  readonly tools: ToolsInUse["tools"] | null;
  /** Where builds of more than one family did, in words. */
  readonly warnings: readonly string[];
}

export function summariseFleet(tracks: readonly TrackSummary[], inUse?: ToolsInUse): FleetStatus {
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
    tools: inUse?.tools ?? null,
    warnings: (inUse?.tools ?? []).flatMap(warnOfFamilies),
  };
}

function warnOfFamilies({ step, version, tool, families }: ToolsInUse["tools"][number]): string[] {
  if (families.length < 2) return [];
  const names = families.map(({ family, seenAt }) => `${family} (last at ${seenAt})`).join(" and ");
  return [
    `${step} v${version} was made by ${tool} ${names} in the last day: results may differ in their last bits`,
  ];
}

export function renderStatus(status: FleetStatus): string {
  const { tracks, states, latencyMs, oldestUnfinished, waiting, tools, warnings } = status;
  const latency = latencyMs
    ? `median ${formatLatency(latencyMs.median)}, 95 % within ${formatLatency(latencyMs.p95)}`
    : "-";
  const table = formatColumns([
    ["tracks", `${tracks} newest`],
    ...Object.entries(states).map(([state, count]) => [`  ${state}`, String(count)]),
    ["latency", latency],
    ["oldest unfinished", oldestUnfinished ?? "-"],
    ...Object.entries(waiting).map(([step, count]) => [`  wait for ${step}`, String(count)]),
    ...familiesPerTool(tools ?? []).map(([tool, families]) => [tool, families]),
  ]);
  return [table, ...warnings.map((words) => `warning: ${printable(words)}`)].join("\n");
}

function familiesPerTool(tools: ToolsInUse["tools"]): [tool: string, families: string][] {
  const all = new Map<string, Set<string>>();
  for (const { tool, families } of tools)
    all.set(tool, new Set([...(all.get(tool) ?? []), ...families.map(({ family }) => family)]));
  return [...all].map(([tool, families]) => [printable(tool), printable([...families].sort().join(", "))]);
}
