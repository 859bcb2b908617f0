import { type Fact, type TrackResource, walkFacts } from "@segue/contracts";
import type { KindsByName } from "@segue/wording";

/** What every track has. */
const ownColumns = ["file", "id", "state", "title", "accepted_at", "latency_ms", "errors"] as const;
/** A longer list is in a cell only where its kind says that it is to be found. */
const longestList = 20;

/** A track's cells by column: its own, then `kind.fact` of every fact that its kind has indexed. Other lists and trees are in the JSON. */
export function trackCells(file: string, track: TrackResource, kinds: KindsByName): Map<string, unknown> {
  const { id, state, title, acceptedAt, latencyMs, steps, results } = track;
  const errors = steps.flatMap(({ step, error }) => (error ? [`${step}: ${error.code}`] : []));
  const own = [file, id, state, title, acceptedAt, latencyMs, errors.join("; ")];
  const cells = new Map<string, unknown>(ownColumns.map((column, i) => [column, own[i]]));
  for (const [kind, { facts }] of Object.entries(results)) {
    for (const fact of walkFacts(facts, kinds.get(kind)?.facts)) {
      if (fact.index !== "none")
        cells.set([kind, ...(fact.path === "" ? [] : [fact.path])].join("."), cellOf(fact));
    }
  }
  return cells;
}

function cellOf({ value, items, isHinted }: Fact): unknown {
  if (items !== null) return items.map(itemOf).join("; ");
  if (!Array.isArray(value)) return value;
  return isHinted || value.length <= longestList ? value.join("; ") : undefined;
}

/** What an object of a list shows of itself. */
function itemOf(facts: readonly Fact[]): string {
  const shown = facts.filter(({ display }) => display.as === "summary");
  return (shown.length > 0 ? shown : facts).map(({ value }) => value).join(" ");
}

/** Own columns first, then the others by name: the same tracks make the same table. */
export function sortColumns(columns: Iterable<string>): string[] {
  const others = [...columns].filter((column) => !ownColumns.some((own) => own === column));
  return [...ownColumns, ...others.sort()];
}
