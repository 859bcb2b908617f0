import type { AttemptRow, FamilyRow } from "./rows.ts";

/** Which families of outside programs attempts have computed with; those of the attempts that handed on to them too. */
export function familiesOf(attempts: readonly AttemptRow[]): FamilyRow[] {
  const latest = new Map<string, FamilyRow>();
  for (const { step, version, how, tools, earlier, finished_at } of attempts) {
    if (how !== "computed") continue;
    for (const all of [tools, ...(earlier ?? []).map((attempt) => attempt.tools)]) {
      for (const [tool, family] of Object.entries(all ?? {})) {
        const key = JSON.stringify([step, version, tool, family]);
        const other = latest.get(key);
        // One statement may not touch a row twice.
        if (other && Date.parse(other.seen_at) >= Date.parse(finished_at)) continue;
        latest.set(key, { step, version, tool, family, seen_at: finished_at });
      }
    }
  }
  return [...latest.values()];
}
