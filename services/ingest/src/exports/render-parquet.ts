import { ByteWriter, type ColumnSource, ParquetWriter, type SchemaElement } from "hyparquet-writer";
import type { ColumnType, ExportColumn, ExportedTrack, ExportValue } from "./export-columns.ts";

/**
 * Tracks of a row group, at most: all of it is in memory, and encoded at one go, which takes some 50 ms of the processor. The file's footer has some 60 bytes for each column of
 * each group, which are kept until its end: 1.5 MB for a million tracks, all that grows with their number.
 */
const mostRows = 2_000;
/** Texts of one, in characters, after which no more tracks come to it. */
const mostText = 8 << 20;

/** Apache Parquet: a row per track, a column for each; lists are lists, and instants are timestamps in UTC. */
export async function* renderParquet(
  columns: readonly ExportColumn[],
  pages: AsyncIterable<readonly ExportedTrack[]>,
): AsyncGenerator<Uint8Array> {
  const writer = new ByteWriter();
  const parquet = new ParquetWriter({ writer, schema: schemaOf(columns), createdBy: "segue" });
  for await (const rows of groupsOf(columns, pages)) {
    const columnData = columns.map(
      ({ name }, n): ColumnSource => ({
        ...{ name, offsetIndex: false },
        data: rows.map((row) => row[n]),
      }),
    );
    await parquet.write({ columnData, rowGroupSize: rows.length });
    yield take(writer);
  }
  await parquet.finish();
  yield take(writer);
}

/** What was written since it was last asked for. */
function take(writer: ByteWriter): Uint8Array {
  const bytes = writer.getBytes().slice();
  writer.index = 0;
  return bytes;
}

type Row = readonly unknown[];

async function* groupsOf(
  columns: readonly ExportColumn[],
  pages: AsyncIterable<readonly ExportedTrack[]>,
): AsyncGenerator<readonly Row[]> {
  let rows: Row[] = [];
  let text = 0;
  for await (const tracks of pages) {
    for (const track of tracks) {
      const row = columns.map((column) => storedAs(column.type, column.of(track)));
      rows.push(row);
      text += row.reduce((sum: number, value) => sum + lengthOf(value), 0);
    }
    if (rows.length < mostRows && text < mostText) continue;
    yield rows;
    rows = [];
    text = 0;
  }
  if (rows.length > 0) yield rows;
}

function storedAs(type: ColumnType, value: ExportValue): unknown {
  if (value === null) return null;
  if (type === "time") return new Date(String(value));
  return type === "json" ? JSON.stringify(value) : value;
}

function lengthOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  return Array.isArray(value) ? value.reduce((sum: number, one) => sum + lengthOf(one), 0) : 0;
}

const optional = { repetition_type: "OPTIONAL" } as const;
const text = { type: "BYTE_ARRAY", converted_type: "UTF8" } as const;
const number = { type: "DOUBLE" } as const;

function schemaOf(columns: readonly ExportColumn[]): SchemaElement[] {
  return [
    { name: "tracks", num_children: columns.length },
    ...columns.flatMap(({ name, type }) => elementsOf(name, type)),
  ];
}

function elementsOf(name: string, type: ColumnType): SchemaElement[] {
  switch (type) {
    case "text":
      return [{ name, ...optional, ...text }];
    // Readers that know the type JSON of Parquet give objects, others text: text is the same for all.
    case "json":
      return [{ name, ...optional, ...text }];
    case "number":
      return [{ name, ...optional, ...number }];
    case "time":
      return [{ name, ...optional, type: "INT64", converted_type: "TIMESTAMP_MILLIS" }];
    case "texts":
      return listOf(name, text);
    case "numbers":
      return listOf(name, number);
  }
}

/** In the three levels that the format asks for. */
function listOf(name: string, element: typeof text | typeof number): SchemaElement[] {
  return [
    { name, ...optional, converted_type: "LIST", num_children: 1 },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", ...optional, ...element },
  ];
}
