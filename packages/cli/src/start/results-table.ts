import type { ShownResult } from "@segue/wording";
import { formatLatency, printable } from "@segue/wording";
import Table from "cli-table3";
import type { TrackRow } from "./describe-track.ts";
import type { Paint } from "./paint.ts";
import { describeFailures } from "./render-lines.ts";
import { wrap, wrapPath } from "./wrap-text.ts";

/** A kind's column: what it is called, and how wide it is with its padding. */
interface Column {
  readonly kind: string;
  readonly label: string;
  readonly width: number;
}

const numberWidth = 5;
const latencyWidth = 9;
/** Longer words are broken; the first that leaves room for all columns is taken. */
const widestColumns = [24, 18, 14];
/** Of the column of files. */
const narrowestFile = 20;
const widestFile = 50;

/** A table, and what has no column in it. */
export interface ResultsTable {
  readonly text: string;
  /** Results that there was no column for: their kind does not say what they are in few words, or the terminal is too narrow. */
  readonly others: readonly (readonly ShownResult[])[];
}

/** A line per track, a column per kind: as many as there is room for, those that are to stand on the left first. */
export function renderTable(rows: readonly TrackRow[], width: number, paint: Paint): ResultsTable {
  const { columns, fileWidth } = fitColumns(columnsOf(rows), width);
  const table = new Table({
    head: ["#", "file", ...columns.map(({ label }) => label), "latency"].map(paint.bold),
    colWidths: [numberWidth, fileWidth, ...columns.map((column) => column.width), latencyWidth],
    colAligns: ["right", "left", ...columns.map(() => "left" as const), "right"],
    style: { head: [], border: [], compact: true },
  });
  rows.forEach((row, i) => {
    const resultOf = (kind: string) => row.results.find((result) => result.kind === kind);
    table.push([
      String(i + 1),
      fileCell(row, fileWidth, paint),
      ...columns.map(({ kind, width: columnWidth }) => wrap(resultOf(kind)?.summary ?? "-", columnWidth)),
      row.latencyMs === null ? "-" : formatLatency(row.latencyMs),
    ]);
  });
  const inTable = new Set(columns.map(({ kind }) => kind));
  const others = rows.map(({ results }) => results.filter(({ kind }) => !inTable.has(kind)));
  return { text: table.toString(), others };
}

function columnsOf(rows: readonly TrackRow[]): Column[] {
  const results = rows.flatMap((row) => row.results.filter(({ hasColumn }) => hasColumn));
  const byKind = Map.groupBy(results, ({ kind }) => kind);
  const columns = [...byKind].flatMap(([kind, all]) => {
    const [first] = all;
    if (!first) return [];
    const longest = Math.max(first.label.length, ...all.map(({ summary }) => summary.length));
    return [{ kind, label: first.label, order: first.order, width: longest + 2 }];
  });
  return columns.sort((a, b) => a.order - b.order);
}

/** All of them, as wide as there is room for; else as many narrow ones as there is room for, from the left. */
function fitColumns(
  all: readonly Column[],
  width: number,
): { columns: readonly Column[]; fileWidth: number } {
  for (const widest of widestColumns) {
    const columns = narrow(all, widest);
    const left = leftBeside(columns, width);
    if (left >= narrowestFile) return { columns, fileWidth: Math.min(widestFile, left) };
  }
  const columns = narrow(all, widestColumns.at(-1) ?? 0);
  while (columns.length > 0 && leftBeside(columns, width) < narrowestFile) columns.pop();
  return { columns, fileWidth: Math.min(widestFile, leftBeside(columns, width)) };
}

function narrow(columns: readonly Column[], widest: number): Column[] {
  return columns.map((column) => ({ ...column, width: Math.min(widest, column.width) }));
}

/** What the column of files gets. There is a border on each side of every column. */
function leftBeside(columns: readonly Column[], width: number): number {
  const taken = columns.reduce((sum, column) => sum + column.width, numberWidth + latencyWidth);
  return width - taken - (columns.length + 4);
}

function fileCell(row: TrackRow, width: number, paint: Paint): string {
  const lines = [
    ...(row.state === "done" ? [] : [paint.bad(row.state)]),
    wrapPath(printable(row.file), width),
    ...(isTitled(row) ? [paint.dim(printable(row.title))] : []),
    ...(row.failures.length > 0 ? [describeFailures(row)] : []),
    ...(row.warnings.length > 0 ? [`warning: ${describeWarnings(row)}`] : []),
  ];
  return wrap(lines.join("\n"), width);
}

/** What each is in full is in the block of a single track, and in `segue track`. */
function describeWarnings({ warnings }: TrackRow): string {
  return [...new Set(warnings.map(({ code }) => printable(code)))].join(", ");
}

/** Whether its title says more than the file's name, which the API keeps in a form that can be printed. */
function isTitled({ file, title }: TrackRow): boolean {
  return !printable(file).split("/").at(-1)?.startsWith(printable(title));
}
