import type { DatabaseSync } from "node:sqlite";
import { invalid } from "./api-error.ts";
import { parseObjects, type StoredObject } from "./objects.ts";

export type ListQuery = {
  readonly bucket: string;
  readonly prefix: string;
  readonly delimiter: string | undefined;
  readonly startOffset: string | undefined;
  readonly endOffset: string | undefined;
  readonly pageToken: string | undefined;
  /** Objects and prefixes together, 1 to 1000. */
  readonly limit: number;
};

export type ListPage = { objects: StoredObject[]; prefixes: string[]; nextPageToken: string | undefined };

const zero = Buffer.from([0]);
// 0xFF is no byte of UTF-8: this sorts after every name.
const end = Buffer.from([0xff]);

/** The first key after every key that starts with `prefix`. UTF-8 has no 0xFF, so the last byte can grow. */
function skipPrefix(prefix: Buffer): Buffer {
  const next = Buffer.from(prefix);
  next[next.length - 1] = (next.at(-1) ?? 0) + 1;
  return next;
}

function latest(...keys: Buffer[]): Buffer {
  return keys.reduce((a, b) => (Buffer.compare(a, b) >= 0 ? a : b));
}

function decodePageToken(token: string): Buffer {
  const key = Buffer.from(token, "base64url");
  if (key.toString("base64url") !== token) throw invalid("Invalid pageToken");
  return key;
}

function firstKey({ prefix, startOffset, pageToken }: ListQuery): Buffer {
  return latest(
    Buffer.from(prefix),
    Buffer.from(startOffset ?? ""),
    pageToken === undefined ? Buffer.alloc(0) : decodePageToken(pageToken),
  );
}

function lastKey({ prefix, endOffset }: ListQuery): Buffer {
  const afterPrefix = prefix === "" ? end : skipPrefix(Buffer.from(prefix));
  const offset = endOffset === undefined ? end : Buffer.from(endOffset);
  return Buffer.compare(afterPrefix, offset) < 0 ? afterPrefix : offset;
}

/**
 * One page of a bucket in the order of UTF-8 bytes. Names that share what lies between the prefix and the delimiter
 * are one entry, and the index is searched past them, so a page costs what it holds, not what it stands for.
 */
export function listObjects(database: DatabaseSync, query: ListQuery): ListPage {
  const select = database.prepare(
    "SELECT * FROM objects WHERE bucket = ? AND name >= ? AND name < ? ORDER BY name LIMIT ?",
  );
  const page: ListPage = { objects: [], prefixes: [], nextPageToken: undefined };
  const stop = lastKey(query);
  let key = firstKey(query);
  for (;;) {
    const room = query.limit - page.objects.length - page.prefixes.length;
    const rows = parseObjects(select.all(query.bucket, key, stop, room + 1));
    let skipped = false;
    for (const object of rows) {
      const taken = page.objects.length + page.prefixes.length;
      if (taken === query.limit) {
        page.nextPageToken = key.toString("base64url");
        return page;
      }
      const at = query.delimiter ? object.name.indexOf(query.delimiter, query.prefix.length) : -1;
      if (at < 0) {
        page.objects.push(object);
        key = Buffer.concat([Buffer.from(object.name), zero]);
        continue;
      }
      const common = object.name.slice(0, at + (query.delimiter?.length ?? 0));
      page.prefixes.push(common);
      key = skipPrefix(Buffer.from(common));
      skipped = true;
      break;
    }
    if (!skipped) return page;
  }
}
