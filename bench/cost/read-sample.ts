// What a running fleet has used so far, as the local cloud counts it, and its CPU, as Linux does.
import type { RunningFleet } from "@segue/launcher";
import { countingServers, keyOf, readUsage, sumOf, type UsageRow } from "@segue/local-cloud/usage";
import { readProcesses, treeOf } from "../chain/process-cpu.ts";

/** Rows by what they count; those of CPU are named `cpu_ms`. */
export type Sample = ReadonlyMap<string, UsageRow>;

export type MeasuredFleet = Pick<RunningFleet, "processes"> & { readonly dataDir: string };

export async function readSample({ dataDir, processes }: MeasuredFleet): Promise<Sample> {
  const all = readProcesses();
  const cpu = processes().map(({ name, service, pid }): UsageRow => {
    const tree = treeOf(pid, all);
    const value = tree.reduce((sum, stat) => sum + stat.ownCpuMs + stat.childrenCpuMs, 0);
    return { name: "cpu_ms", labels: { process: name, service }, value };
  });
  const counted = await Promise.all(countingServers.map((server) => readUsage(dataDir, server)));
  return new Map([...counted.flat(), ...cpu].map((row) => [keyOf(row), row]));
}

/** What has been added since an earlier sample. */
export function since(earlier: Sample, later: Sample): UsageRow[] {
  return [...later]
    .map(([key, row]) => ({ ...row, value: row.value - (earlier.get(key)?.value ?? 0) }))
    .filter(({ value }) => value !== 0);
}

/** Without what a fleet uses while it has nothing to do, of each kind at most what there is. @param idle per minute. */
export function withoutIdle(
  rows: readonly UsageRow[],
  idle: readonly UsageRow[],
  elapsedMs: number,
): UsageRow[] {
  const perMinute = new Map(idle.map((row) => [keyOf(row), row.value]));
  return rows.map((row) => ({
    ...row,
    value: Math.max(0, row.value - ((perMinute.get(keyOf(row)) ?? 0) * elapsedMs) / 60_000),
  }));
}

/** Messages that are on their way: in a backlog, or held by whoever works on them. */
export async function countUnderWay(dataDir: string): Promise<number> {
  const rows = await readUsage(dataDir, "pubsub");
  return sumOf(rows, "enqueued_messages") - sumOf(rows, "settled_messages");
}
