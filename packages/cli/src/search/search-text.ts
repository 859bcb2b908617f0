import type { FacetCounts, FoundTrack, SearchedFacts, SimilarTracks } from "@segue/contracts";
import { printable, shorten } from "@segue/wording";
import { formatColumns } from "../format-columns.ts";

type Facts = SearchedFacts["facts"];

/** Words of a list that are shown. */
const mostWords = 4;

/** A line per track, with a column for each number and word that any of them has. */
export function renderFound(tracks: readonly FoundTrack[], facts: Facts): string {
  if (tracks.length === 0) return "no track is like that";
  const columns = facts.filter(({ name }) => tracks.some((track) => name in track.facts));
  const head = ["ID", "STATE", "NAME", ...columns.map(headOf)];
  const rows = tracks.map(({ id, state, title, fileName, facts: own }) => [
    id,
    state,
    shorten(printable(title ?? fileName ?? ""), 40),
    ...columns.map(({ name }) => cellOf(own[name])),
  ]);
  return formatColumns([head, ...rows]);
}

/** The same, with how alike each is: 1 is the same. */
export function renderSimilar({ by, tracks, isExact }: SimilarTracks, facts: Facts): string {
  if (tracks.length === 0) return `no other track is there to be compared by ${by}`;
  const about = isExact ? "" : ", of those near by";
  const rows = renderFound(tracks, facts).split("\n");
  const alike = ["ALIKE", ...tracks.map(({ similarity }) => similarity.toFixed(2))];
  return [`by ${by}${about}`, ...rows.map((row, n) => `${(alike[n] ?? "").padEnd(7)}${row}`)].join("\n");
}

function headOf({ name, label, unit }: Facts[number]): string {
  const last = label ?? name.slice(name.lastIndexOf(".") + 1);
  return (unit === null ? last : unit).toUpperCase();
}

function cellOf(value: unknown): string {
  if (value === undefined || value === null) return "-";
  if (Array.isArray(value)) return printable(value.slice(0, mostWords).join(", "));
  return printable(typeof value === "number" ? String(Math.round(value * 100) / 100) : String(value));
}

/** How many tracks there are, and of each value. */
export function renderCounts({ tracks, isExact, facets }: FacetCounts): string {
  const about = isExact ? "" : "about ";
  const rows = Object.entries(facets).flatMap(([name, values]) =>
    values.map(({ value, tracks: count }) => [name, printable(value), `${about}${count}`]),
  );
  const all = `${about}${tracks} ${tracks === 1 ? "track" : "tracks"}`;
  return rows.length === 0 ? all : `${all}\n${formatColumns([["FACT", "VALUE", "TRACKS"], ...rows])}`;
}

export function renderFacts(facts: Facts): string {
  const asked = { number: "a range, an order", keyword: "values, counts", text: "words" } as const;
  const rows = facts.map(({ name, index, isQuick, unit }) => [
    name,
    index in asked ? asked[index as keyof typeof asked] : index,
    unit ?? "",
    isQuick ? "quick" : "",
  ]);
  return formatColumns([["NAME", "ASK FOR", "UNIT", ""], ...rows]);
}
