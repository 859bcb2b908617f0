import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { extname } from "node:path";
import { pageFolder } from "./page-folder.ts";

export interface PageFile {
  readonly contentType: string;
  readonly body: Buffer;
  /** SHA-256 of the bytes, in hex. */
  readonly digest: string;
}

/** The dashboard as it is served: less than a megabyte, and so kept in memory. */
export interface Page {
  readonly html: PageFile;
  /** By names that have a hash of the bytes in them: what one answers never changes. */
  readonly assets: ReadonlyMap<string, PageFile>;
}

const contentTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** The page that was built there; undefined where none was. @param folder that has `index.html` and `assets/`. */
export async function readPage(folder: URL = pageFolder): Promise<Page | undefined> {
  const assetsUrl = new URL("assets/", folder);
  try {
    const names = (await readdir(assetsUrl)).filter((name) => extname(name) in contentTypes);
    const files = names.map(async (name) => [name, await readPageFile(new URL(name, assetsUrl))] as const);
    return {
      html: await readPageFile(new URL("index.html", folder)),
      assets: new Map(await Promise.all(files)),
    };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

async function readPageFile(url: URL): Promise<PageFile> {
  const body = await readFile(url);
  const contentType = contentTypes[extname(url.pathname)] ?? "application/octet-stream";
  return { contentType, body, digest: createHash("sha256").update(body).digest("hex") };
}
