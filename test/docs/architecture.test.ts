import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";

const root = new URL("../../", import.meta.url);
const text = await readFile(new URL("docs/architecture.md", root), "utf8");
const tables = [...text.matchAll(/^\| .*(?:\n\|.*)+/gm)].map(([table]) => table);

/** A row of one of the tables: what a link leads to, a name in backticks, and the cells. */
interface Row {
  readonly file: string;
  readonly name: string;
  readonly cells: readonly string[];
}

function rowsOf(table: string | undefined): Row[] {
  const lines = (table ?? "").split("\n").slice(2);
  return lines.map((line) => {
    const cells = line.split("|").map((cell) => cell.trim());
    const [, shown = "", linked = ""] = /\[(.*?)\]\(\.\.\/(.*?)\)/.exec(line) ?? [];
    expect(shown).toBe(linked);
    const name = cells.map((cell) => /^`(\w+)`$/.exec(cell)?.[1]).find((found) => found);
    return { file: linked, name: name ?? "", cells };
  });
}

const sourceOf = ({ file }: Row) => readFile(new URL(file, root), "utf8");
const stops = rowsOf(tables[0]);
const places = rowsOf(tables[1]);

test("a track's way has fifteen stops at the most, in order", () => {
  expect(stops.length).toBeGreaterThan(10);
  expect(stops.length).toBeLessThanOrEqual(15);
  expect(stops.map(({ cells }) => Number(cells[1]))).toEqual(stops.map((_, index) => index + 1));
  expect(places.length).toBeGreaterThan(5);
});

test.each([...stops, ...places])("$file exports $name", async (row) => {
  expect(await sourceOf(row)).toMatch(
    new RegExp(`^export (async )?(function|const|class|interface|type) ${row.name}\\b`, "m"),
  );
});

const calls = stops.flatMap((stop, index) => {
  const next = stops[index + 1];
  return stop.cells.includes("a call") && next ? [{ from: stop, file: stop.file, next: next.name }] : [];
});

test.each(calls)("$file calls $next", async ({ from, next }) => {
  expect(await sourceOf(from)).toMatch(new RegExp(`\\b${next}\\(`));
});

test("most stops reach the next by a call", () => {
  expect(calls.length).toBeGreaterThanOrEqual(stops.length / 2 - 1);
});
