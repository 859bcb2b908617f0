import type { DatabaseSync } from "node:sqlite";
import { invalid } from "./api-error.ts";
import { compileGlob, readGlobPrefix } from "./match-glob.ts";
import { parseObjects, type StoredObject } from "./objects.ts";
import { notBuilt } from "./surface/handling.ts";

export type ListQuery = {
  readonly bucket: string;
  readonly prefix: string;
  readonly delimiter: string | undefined;
  /** Whether an object whose name is a common prefix, a "folder", is listed besides that prefix. */
  readonly includeTrailingDelimiter: boolean;
  readonly matchGlob: string | undefined;
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

function firstKey({ prefix, startOffset, pageToken, matchGlob }: ListQuery): Buffer {
  return latest(
    Buffer.from(prefix),
    Buffer.from(readGlobPrefix(matchGlob ?? "")),
    Buffer.from(startOffset ?? ""),
    pageToken === undefined ? Buffer.alloc(0) : decodePageToken(pageToken),
  );
}

function lastKey({ prefix, endOffset }: ListQuery): Buffer {
  const afterPrefix = prefix === "" ? end : skipPrefix(Buffer.from(prefix));
  const offset = endOffset === undefined ? end : Buffer.from(endOffset);
  return Buffer.compare(afterPrefix, offset) < 0 ? afterPrefix : offset;
}

/** Collects one page; knows how full it is, and from which key the next one goes on. */
class PageInTheMaking {
  readonly page: ListPage = { objects: [], prefixes: [], nextPageToken: undefined };
  readonly #query: ListQuery;
  readonly #matches: (name: string) => boolean;
  key: Buffer;

  constructor(query: ListQuery) {
    this.#query = query;
    this.#matches = query.matchGlob === undefined ? () => true : compileGlob(query.matchGlob);
    this.key = firstKey(query);
  }

  get room(): number {
    return this.#query.limit - this.page.objects.length - this.page.prefixes.length;
  }

  /** Takes the next object in order. `full`: it is for the next page. `folded`: the keys that follow are skipped. */
  take(object: StoredObject): "taken" | "folded" | "full" {
    const { delimiter, prefix, includeTrailingDelimiter, limit } = this.#query;
    const { page } = this;
    const at = delimiter ? object.name.indexOf(delimiter, prefix.length) : -1;
    const common = at < 0 ? undefined : object.name.slice(0, at + (delimiter?.length ?? 0));
    const alsoItself = includeTrailingDelimiter && object.name === common;
    // One of a pair does not go without the other, unless they never fit.
    if (this.room < (alsoItself ? Math.min(2, limit) : 1)) {
      page.nextPageToken = this.key.toString("base64url");
      return "full";
    }
    if (common === undefined) {
      if (this.#matches(object.name)) page.objects.push(object);
      this.key = Buffer.concat([Buffer.from(object.name), zero]);
      return "taken";
    }
    page.prefixes.push(common);
    if (alsoItself) page.objects.push(object);
    this.key = skipPrefix(Buffer.from(common));
    return "folded";
  }
}

/**
 * One page of a bucket in the order of UTF-8 bytes. Names that share what lies between the prefix and the delimiter
 * are one entry, and the index is searched past them, so a page costs what it holds, not what it stands for.
 */
export function listObjects(database: DatabaseSync, query: ListQuery): ListPage {
  if (query.matchGlob !== undefined && query.delimiter !== undefined)
    throw notBuilt("objects.list with matchGlob and delimiter together");
  const select = database.prepare(
    "SELECT * FROM objects WHERE bucket = ? AND name >= ? AND name < ? ORDER BY name LIMIT ?",
  );
  const making = new PageInTheMaking(query);
  const stop = lastKey(query);
  for (;;) {
    const wanted = Math.max(0, making.room) + 1;
    const rows = parseObjects(select.all(query.bucket, making.key, stop, wanted));
    let folded = false;
    for (const object of rows) {
      const how = making.take(object);
      if (how === "full") return making.page;
      folded = how === "folded";
      if (folded) break;
    }
    if (!folded && rows.length < wanted) return making.page;
  }
}
