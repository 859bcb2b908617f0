import { stripVTControlCharacters } from "node:util";
import type { ShownResult } from "@segue/wording";
import { formatLatency, printable, shorten } from "@segue/wording";
import Table from "cli-table3";
import type { TrackRow } from "./describe-track.ts";
import type { Paint } from "./paint.ts";
import { describeFailures } from "./render-lines.ts";
import { renderTable } from "./results-table.ts";
import { wrap } from "./wrap-text.ts";

/** A terminal narrower than this gets a block per track instead of a table. */
const narrowestTable = 110;

/**
 * All results, as a table where there is room and a block of lines per track elsewhere; below it the results that have no column,
 * and links to the files.
 *
 * @param apiUrl where links go; null for none: a link to what is about to stop leads nowhere.
 */
export function renderResults(
  rows: readonly TrackRow[],
  apiUrl: string | null,
  width: number,
  paint: Paint,
): string {
  if (rows.length === 0) return "";
  const links = apiUrl === null ? [] : renderLinks(rows, apiUrl, paint);
  if (rows.length === 1 || width < narrowestTable) {
    const blocks = rows.map((row, i) => renderBlock(row, rows.length > 1 ? i + 1 : null, width, paint));
    return [...blocks, ...links].join("\n");
  }
  const { text, others } = renderTable(rows, width, paint);
  return [text, ...renderOthers(others, width, paint), ...links].join("\n");
}

/** What has no column: under the name of its kind, a line per track, by its number. */
function renderOthers(others: readonly (readonly ShownResult[])[], width: number, paint: Paint): string[] {
  return byLabel(others, ({ label, text }) => [{ label, text }]).flatMap(([label, lines]) => [
    paint.bold(label),
    ...lines.map(([i, text]) => shorten(`${String(i + 1).padStart(4)}  ${text}`, width)),
  ]);
}

/** Outside of the table's frame, where no line is broken: a link in two parts can't be followed. */
function renderLinks(rows: readonly TrackRow[], apiUrl: string, paint: Paint): string[] {
  const links = byLabel(
    rows.map(({ results }) => results),
    (result) => result.links.map(({ label, url }) => ({ label, text: url })),
  );
  return links.flatMap(([label, lines]) => [
    paint.bold(label),
    ...lines.map(([i, link]) => {
      const number = rows.length > 1 ? `${String(i + 1).padStart(4)}  ` : "  ";
      return `${number}${new URL(link, apiUrl).href}`;
    }),
  ]);
}

/** What tracks have to say, each with its track's place, under the label of what says it. */
function byLabel(
  all: readonly (readonly ShownResult[])[],
  say: (result: ShownResult) => readonly { readonly label: string; readonly text: string }[],
): [string, [number, string][]][] {
  const said = all.flatMap((results, i) =>
    results.flatMap(say).flatMap((each) => (each.text === "" ? [] : [{ ...each, i }])),
  );
  return [...Map.groupBy(said, ({ label }) => label)].map(([label, lines]) => [
    label,
    lines.map(({ i, text }) => [i, text]),
  ]);
}

function renderBlock(row: TrackRow, number: number | null, width: number, paint: Paint): string {
  const state = row.state === "done" ? paint.good(row.state) : paint.bad(row.state);
  const lines: [string, string][] = [
    ...(number === null ? [] : [["#", String(number)] satisfies [string, string]]),
    ["title", printable(row.title)],
    ["file", printable(row.file)],
    ["state", row.failures.length > 0 ? `${state}: ${describeFailures(row)}` : state],
    ...row.results.flatMap(({ label, text }): [string, string][] => (text === "" ? [] : [[label, text]])),
    ...row.warnings.map(({ code, message }): [string, string] => [
      "warning",
      printable(`${code}: ${message}`),
    ]),
    ["steps", row.steps.map(describeStep).join(", ") || "-"],
    [
      "latency",
      row.latencyMs === null ? "-" : `${formatLatency(row.latencyMs)} from acceptance to the last step`,
    ],
  ];
  const nameWidth = Math.min(24, Math.max(10, ...lines.map(([name]) => name.length)));
  const longest = Math.max(...lines.map(([, value]) => stripVTControlCharacters(value).length));
  const valueWidth = Math.max(16, Math.min(longest + 2, width - nameWidth - 5));
  const table = new Table({
    colWidths: [nameWidth + 2, valueWidth],
    style: { head: [], border: [], compact: true },
  });
  for (const [name, value] of lines)
    table.push([paint.bold(shorten(name, nameWidth)), wrap(value, valueWidth)]);
  return table.toString();
}

function describeStep({ step, how, durationMs }: TrackRow["steps"][number]): string {
  if (how === "skipped") return `${step} was there`;
  return durationMs === null ? step : `${step} ${formatLatency(durationMs)}`;
}
