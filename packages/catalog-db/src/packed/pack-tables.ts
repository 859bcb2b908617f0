/**
 * Rows of a few tables in few bytes: a byte for the format, and deflated JSON with columns in the place of rows. A column that is null in all rows is
 * left out, one that is the same in all is there once, and of instants there are the differences from one to the next, in ms.
 */

import { isDeepStrictEqual } from "node:util";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { z } from "zod";
import { vocabulary } from "./vocabulary.ts";

/** Packed rows that this release can't read. */
export class PackedRowsError extends Error {
  override readonly name = "PackedRowsError";
}

export type Row = Readonly<Record<string, unknown>>;

const formatByte = 1;
const dictionary = Buffer.from(vocabulary);
/** More digits than that of a second are not kept. */
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?(Z|[+-]\d\d:\d\d)$/;

const Columns = z.object({
  rows: z.int().nonnegative(),
  same: z.record(z.string(), z.unknown()),
  each: z.record(z.string(), z.array(z.unknown())),
  at: z.record(z.string(), z.array(z.int())),
});
type Columns = z.infer<typeof Columns>;
const Packed = z.record(z.string(), Columns);

/** @param tables by name: rows, whose columns may be missing where they are null. */
export function packTables(tables: Readonly<Record<string, readonly Row[]>>): Buffer {
  const packed = Object.fromEntries(Object.entries(tables).map(([name, rows]) => [name, toColumns(rows)]));
  const body = deflateRawSync(JSON.stringify(packed), { level: 9, dictionary });
  return Buffer.concat([Buffer.of(formatByte), body]);
}

/**
 * Columns that are null in all rows are missing; instants are in ISO 8601, UTC.
 *
 * @throws {PackedRowsError} where a younger release has packed them, or they are none.
 */
export function unpackTables(bytes: Uint8Array): Readonly<Record<string, readonly Row[]>> {
  const [format = "nothing"] = bytes;
  if (format !== formatByte)
    throw new PackedRowsError(`expected packed rows of format ${formatByte}, got ${format}`);
  const packed = inflate(bytes.subarray(1));
  return Object.fromEntries(Object.entries(packed).map(([name, columns]) => [name, toRows(columns)]));
}

function inflate(body: Uint8Array): z.infer<typeof Packed> {
  try {
    return Packed.parse(JSON.parse(inflateRawSync(body, { dictionary }).toString("utf8")));
  } catch (error) {
    throw new PackedRowsError("expected packed rows, got bytes that are none", { cause: error });
  }
}

function toColumns(rows: readonly Row[]): Columns {
  const columns: Columns = { rows: rows.length, same: {}, each: {}, at: {} };
  for (const name of [...new Set(rows.flatMap(Object.keys))].toSorted()) {
    const values = rows.map((row) => row[name] ?? null);
    const instants = toSteps(values);
    if (values.every((value) => value === null)) continue;
    if (instants) columns.at[name] = instants;
    else if (values.every((value) => isDeepStrictEqual(value, values[0]))) columns.same[name] = values[0];
    else columns.each[name] = values;
  }
  return columns;
}

function toRows({ rows, same, each, at }: Columns): Row[] {
  const instants = Object.entries(at).map(([name, steps]) => [name, toInstants(steps)] as const);
  const columns = [...Object.entries(each), ...instants];
  return Array.from({ length: rows }, (_, index) => ({
    ...same,
    ...Object.fromEntries(columns.map(([name, values]) => [name, values[index] ?? null])),
  }));
}

/** Undefined: they are no instants, or would come back otherwise than they were. */
function toSteps(values: readonly unknown[]): number[] | undefined {
  let before = 0;
  const steps: number[] = [];
  for (const value of values) {
    const ms = typeof value === "string" && instant.test(value) ? Date.parse(value) : Number.NaN;
    if (Number.isNaN(ms)) return undefined;
    steps.push(ms - before);
    before = ms;
  }
  return steps;
}

function toInstants(steps: readonly number[]): string[] {
  let ms = 0;
  return steps.map((step) => {
    ms += step;
    return new Date(ms).toISOString();
  });
}
