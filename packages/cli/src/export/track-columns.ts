import type { TrackResource } from "@segue/contracts";

/** What every track has. */
const ownColumns = ["file", "id", "state", "title", "accepted_at", "latency_ms", "errors"] as const;

/** A track's cells by column: its own, then `kind.fact` of every result that is one value. Lists and trees are in the JSON. */
export function trackCells(file: string, track: TrackResource): Map<string, unknown> {
  const { id, state, title, acceptedAt, latencyMs, steps, results } = track;
  const errors = steps.flatMap(({ step, error }) => (error ? [`${step}: ${error.code}`] : []));
  const own = [file, id, state, title, acceptedAt, latencyMs, errors.join("; ")];
  const cells = new Map<string, unknown>(ownColumns.map((column, i) => [column, own[i]]));
  for (const [kind, { facts }] of Object.entries(results)) addScalars(cells, kind, facts);
  return cells;
}

function addScalars(cells: Map<string, unknown>, name: string, value: unknown): void {
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== "object"))
      cells.set(name, value.length > 20 ? undefined : value.join("; "));
  } else if (typeof value === "object" && value !== null)
    for (const [key, inner] of Object.entries(value)) addScalars(cells, `${name}.${key}`, inner);
  else cells.set(name, value);
}

/** Own columns first, then the others by name: the same tracks make the same table. */
export function sortColumns(columns: Iterable<string>): string[] {
  const others = [...columns].filter((column) => !ownColumns.some((own) => own === column));
  return [...ownColumns, ...others.sort()];
}
