/** Messages of Postgres' protocol, as far as the world speaks it by itself. */
export function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}

/** A text as messages have it. */
export function textOf(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}

export function simpleQuery(sql: string): Buffer {
  return message("Q", textOf(sql));
}

/** A query with values, up to its Sync; nothing is asked about its columns. */
export function queryWith(sql: string, values: readonly string[]): Buffer {
  return Buffer.concat([
    message("P", textOf(""), textOf(sql), int16(0)),
    bindText("", values),
    message("E", textOf(""), int32(0)),
    message("S"),
  ]);
}

/** Gives a statement its values, and asks for all that comes back as text. */
export function bindText(statement: string, values: readonly string[]): Buffer {
  const given = values.flatMap((value) => [int32(Buffer.byteLength(value)), Buffer.from(value)]);
  return message("B", textOf(""), textOf(statement), int16(0), int16(values.length), ...given, int16(0));
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
