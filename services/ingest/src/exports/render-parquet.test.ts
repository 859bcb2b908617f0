import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { expect, test } from "vitest";
import type { ExportColumn, ExportedTrack } from "./export-columns.ts";
import { renderParquet } from "./render-parquet.ts";

const titleColumn: ExportColumn = { name: "a.title", type: "text", of: ({ title }) => title };
const wordsColumn: ExportColumn = {
  ...{ name: "words", type: "texts" },
  of: ({ title }) => (title === null ? null : title.split(" ")),
};

const track = (title: string | null) => ({ title }) as ExportedTrack;

async function render(pages: Iterable<readonly ExportedTrack[]>) {
  const chunks: Uint8Array[] = [];
  const each = (async function* () {
    yield* pages;
  })();
  for await (const chunk of renderParquet([titleColumn, wordsColumn], each)) chunks.push(chunk);
  const file = Buffer.concat(chunks);
  return {
    chunks,
    file: file.buffer.slice(file.byteOffset, file.byteOffset + file.length) as ArrayBuffer,
  };
}

test("rows come in groups, each sent as soon as it is there", async () => {
  const pages = Array.from({ length: 120 }, (_, page) =>
    Array.from({ length: 100 }, (_, n) => track(n === 7 ? null : `no ${100 * page + n}`)),
  );
  const { chunks, file } = await render(pages);
  expect(chunks).toHaveLength(7);
  expect(parquetMetadata(file).row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([
    ...[2_000, 2_000, 2_000, 2_000, 2_000, 2_000],
  ]);
  const rows = await parquetReadObjects({ file });
  expect(rows).toHaveLength(12_000);
  expect(rows[7]).toEqual({ "a.title": null, words: undefined });
  expect(rows[11_999]).toEqual({ "a.title": "no 11999", words: ["no", "11999"] });
});

test("of long texts a group has fewer rows", async () => {
  const long = "ü".repeat(1 << 20);
  const { file } = await render(Array.from({ length: 12 }, () => [track(long)]));
  expect(parquetMetadata(file).row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([4, 4, 4]);
  expect((await parquetReadObjects({ file })).every((row) => row["a.title"] === long)).toBe(true);
});
