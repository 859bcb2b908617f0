/** Exports that are lines of text. */
import { csvLine } from "@segue/wording";
import type { ExportColumn, ExportedTrack, ExportValue } from "./export-columns.ts";

/** A line that names the columns, and one per track. Lists are one cell, what is in them is parted by semicolons; what a client has said of a track is JSON. */
export async function* renderCsv(
  columns: readonly ExportColumn[],
  pages: AsyncIterable<readonly ExportedTrack[]>,
): AsyncGenerator<string> {
  yield csvLine(columns.map(({ name }) => name));
  for await (const tracks of pages)
    yield tracks.map((track) => csvLine(columns.map((column) => cellOf(column.of(track))))).join("");
}

function cellOf(value: ExportValue): string | number | null {
  if (value === null || typeof value !== "object") return value;
  return isList(value) ? value.map((one) => one ?? "").join("; ") : JSON.stringify(value);
}

function isList(value: object): value is readonly (string | number | null)[] {
  return Array.isArray(value);
}

/** An object per track, on a line of its own, with all columns in their order: null where it has none. */
export async function* renderJsonLines(
  columns: readonly ExportColumn[],
  pages: AsyncIterable<readonly ExportedTrack[]>,
): AsyncGenerator<string> {
  for await (const tracks of pages)
    yield tracks
      .map((track) => Object.fromEntries(columns.map((column) => [column.name, column.of(track)])))
      .map((line) => `${JSON.stringify(line)}\n`)
      .join("");
}
