import { once } from "node:events";
import { createReadStream, createWriteStream, type WriteStream } from "node:fs";
import { mkdir, open, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { type ApiClient, mayPass } from "@segue/client";
import type { TrackResource } from "@segue/contracts";
import type { KindsByName } from "@segue/wording";
import { csvLine } from "@segue/wording";
import pRetry from "p-retry";
import { KnownKinds } from "../start/known-kinds.ts";
import { assetPath, type NamedAsset } from "./asset-path.ts";
import { makeOutFolder } from "./make-out-folder.ts";
import { sortColumns, trackCells } from "./track-columns.ts";

const maxRetries = 4;
const firstWaitMs = 500;

/** What came to be written. */
export interface Written {
  readonly dir: string;
  readonly tracks: number;
  readonly assets: number;
  /** Assets that the API did not give; each was told. */
  readonly missing: number;
}

/**
 * Writes results as they come: `results.jsonl` has a line `{ file, track, assets }` per track, `results.csv` every fact that its kind
 * has indexed as a column, `assets/` the files. Of each track only the paths of its assets stay in memory.
 */
export class ResultWriter {
  readonly #dir: string;
  readonly #api: ApiClient;
  readonly #signal: AbortSignal;
  readonly #lines: WriteStream;
  readonly #columns = new Set<string>();
  readonly #paths = new Set<string>();
  readonly #counts = { tracks: 0, assets: 0, missing: 0 };
  readonly #onMissing: (what: string) => void;
  readonly #known: KnownKinds;
  #kinds: KindsByName = new Map();

  private constructor(dir: string, lines: WriteStream, options: ResultWriterOptions) {
    this.#dir = dir;
    this.#lines = lines;
    this.#api = options.api;
    this.#signal = options.signal;
    this.#onMissing = options.onMissing;
    this.#known = new KnownKinds(options.api);
  }

  /** @throws errors of the file system, before anything else is done. */
  static async open(dir: string, options: ResultWriterOptions): Promise<ResultWriter> {
    await makeOutFolder(dir);
    const handle = await open(join(dir, "results.jsonl"), "w");
    return new ResultWriter(dir, handle.createWriteStream(), options);
  }

  /** @param file as the user knows it. */
  async add(file: string, track: TrackResource): Promise<void> {
    this.#kinds = await this.#untilItAnswers(() => this.#known.of(track, this.#signal));
    const assets: Record<string, string> = {};
    for (const { name, url, ...asset } of this.#filesOf(track)) {
      const path = this.#pathFor(file, asset, track.id);
      if (await this.#fetch(url, path)) assets[name] = path;
    }
    for (const column of trackCells(file, track, this.#kinds).keys()) this.#columns.add(column);
    this.#counts.tracks++;
    const text = `${JSON.stringify({ file: file.toWellFormed(), track, assets })}\n`;
    if (!this.#lines.write(text)) await once(this.#lines, "drain");
  }

  /** What there is to fetch, by the names that `assets` has them under: the files of what was asked for, and what is made of these. */
  #filesOf({
    results,
    targets,
  }: TrackResource): ({ readonly name: string; readonly url: string } & NamedAsset)[] {
    return Object.entries(results).flatMap(([kind, { asset, renderings }]) => {
      // Intermediates are no results that anybody asked for, and may be gone at any time.
      if (!asset || !targets.includes(kind)) return [];
      const extension = this.#kinds.get(kind)?.payload?.extension;
      return [
        { name: kind, kind, extension, url: asset.url, contentType: asset.contentType },
        ...Object.entries(renderings).map(([rendering, { url, contentType }]) => ({
          ...{ name: `${kind}.${rendering}`, kind, extension: rendering, url, contentType },
        })),
      ];
    });
  }

  /** Writes the table, now that its columns are known. */
  async finish(): Promise<Written> {
    this.#lines.end();
    await once(this.#lines, "close");
    const columns = sortColumns(this.#columns);
    const file = join(this.#dir, "results.csv");
    const table = createWriteStream(`${file}.part`);
    table.write(csvLine(columns));
    const lines = createInterface({
      input: createReadStream(join(this.#dir, "results.jsonl")),
      crlfDelay: Number.POSITIVE_INFINITY,
    });
    for await (const line of lines) {
      const { file: name, track } = JSON.parse(line) as { file: string; track: TrackResource };
      const cells = trackCells(name, track, this.#kinds);
      if (!table.write(csvLine(columns.map((column) => cells.get(column))))) await once(table, "drain");
    }
    table.end();
    await once(table, "close");
    await rename(`${file}.part`, file);
    return { dir: this.#dir, ...this.#counts };
  }

  /** Two files may be called the same: the later one has its track's id in its name. */
  #pathFor(file: string, asset: NamedAsset, id: string): string {
    const plain = assetPath(file, asset);
    const path = this.#paths.has(plain) ? assetPath(`${file}.${id}`, asset) : plain;
    this.#paths.add(path);
    return join("assets", path);
  }

  async #fetch(url: string, path: string): Promise<boolean> {
    const to = join(this.#dir, path);
    await mkdir(dirname(to), { recursive: true });
    const options = { signal: this.#signal };
    if (await this.#untilItAnswers(() => this.#api.downloadAsset(url, `${to}.part`, options))) {
      await rename(`${to}.part`, to);
      this.#counts.assets++;
      return true;
    }
    this.#counts.missing++;
    this.#onMissing(path);
    return false;
  }

  /** A broken connection is tried again; a disk that is full is not. */
  #untilItAnswers<T>(ask: () => Promise<T>): Promise<T> {
    return pRetry(ask, {
      signal: this.#signal,
      retries: maxRetries,
      minTimeout: firstWaitMs,
      shouldRetry: ({ error }) => mayPass(error),
    });
  }
}

export interface ResultWriterOptions {
  readonly api: ApiClient;
  readonly signal: AbortSignal;
  /** Told of an asset that the API does not have any more. */
  onMissing(path: string): void;
}
