import { createReadStream } from "node:fs";
import { extname } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { ClientMetadata, SourceUrl } from "@segue/contracts";
import { parse } from "csv-parse";
import { z } from "zod";
import type { BadSource } from "./track-source.ts";

/** An entry of a manifest: a source with what is said of it. */
export interface ManifestEntry {
  readonly source: string;
  readonly title?: string | undefined;
  readonly metadata?: ClientMetadata | undefined;
  readonly targets?: readonly string[] | undefined;
}

/** The manifest as a whole can't be used. */
export class ManifestError extends Error {
  override readonly name = "ManifestError";
}

const columns = ["source", "title", "targets"] as const;

const source = z
  .string("expected a path, or a gs:// or https:// address")
  .min(1, "expected a path, or a gs:// or https:// address")
  .refine(
    (text) => !/^[a-z][a-z0-9+.-]*:\/\//i.test(text) || SourceUrl.safeParse(text).success,
    "expected a path, gs://bucket/object or https://host/path",
  );
const title = z.string().trim().min(1).max(1_000).optional();
const targets = z.array(z.string()).min(1, "expected at least one target");
const Entry = z.strictObject({
  source,
  title,
  metadata: ClientMetadata.optional(),
  targets: targets.optional(),
});
/** A row's fields are texts. */
const Row = z.strictObject({
  source,
  title,
  targets: z
    .string()
    .transform((text) => text.split(/[\s;]+/).filter((name) => name !== ""))
    .pipe(targets)
    .optional(),
});

/**
 * Reads a manifest entry by entry; what can't be used is told with its line, and the others go on.
 *
 * CSV has a header with the columns `source`, and `title` and `targets` if there is something to say; targets are separated by
 * spaces or semicolons. JSONL has an object per line with the same fields, `targets` an array, and `metadata`.
 *
 * @param file its name ends in `.csv` or `.jsonl`; `-` is JSONL from `stdin`.
 * @throws {ManifestError} if it is none of these, can't be read, or its header lacks `source`.
 */
export async function* readManifest(
  file: string,
  stdin: Readable,
): AsyncGenerator<ManifestEntry | BadSource> {
  const extension = extname(file).toLowerCase();
  if (file !== "-" && extension !== ".csv" && extension !== ".jsonl")
    throw new ManifestError(
      `${file}: expected a name that ends in .csv or .jsonl, or - for JSONL from stdin`,
    );
  const input = file === "-" ? stdin : createReadStream(file);
  try {
    if (extension === ".csv") yield* readCsv(input, file);
    else yield* readJsonLines(input, file);
  } catch (error) {
    if (error instanceof ManifestError) throw error;
    throw new ManifestError(`${file}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

async function* readJsonLines(input: Readable, file: string): AsyncGenerator<ManifestEntry | BadSource> {
  // Errors of the stream would otherwise be nobody's.
  const failed = new Promise<never>((_, reject) => input.once("error", reject));
  failed.catch(() => {});
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
  for (let number = 1; ; number++) {
    const { done, value } = await Promise.race([lines.next(), failed]);
    if (done) return;
    const line = value.trim();
    if (line !== "") yield parseEntry(() => Entry.safeParse(JSON.parse(line)), `${file}:${number}`);
  }
}

async function* readCsv(input: Readable, file: string): AsyncGenerator<ManifestEntry | BadSource> {
  const parser = input.pipe(
    parse({ bom: true, relax_column_count: true, skip_empty_lines: true, trim: true, info: true }),
  );
  input.once("error", (error) => parser.destroy(error));
  let header: string[] | undefined;
  for await (const { record, info } of parser as AsyncIterable<{
    record: string[];
    info: { lines: number };
  }>) {
    if (!header) {
      header = checkHeader(record, file);
      continue;
    }
    const names = header;
    const fields = Object.fromEntries(
      record.flatMap((text, at) => (text === "" ? [] : [[names[at] ?? `column ${at + 1}`, text]])),
    );
    yield parseEntry(() => Row.safeParse(fields), `${file}:${info.lines}`);
  }
  if (!header) throw new ManifestError(`${file}: expected a header with a column source, got an empty file`);
}

function checkHeader(record: readonly string[], file: string): string[] {
  const strange = record.filter((name) => !columns.some((column) => column === name));
  if (!record.includes("source") || strange.length > 0) {
    throw new ManifestError(
      `${file}: expected a header with source, and perhaps title and targets; got ${record.join(", ")}`,
    );
  }
  return [...record];
}

function parseEntry(
  parseIt: () => z.ZodSafeParseResult<ManifestEntry>,
  name: string,
): ManifestEntry | BadSource {
  try {
    const parsed = parseIt();
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    const where = issue?.path.join(".");
    return { name, code: "bad-line", message: `${where ? `${where}: ` : ""}${issue?.message}` };
  } catch (error) {
    const got = error instanceof Error ? error.message : String(error);
    return { name, code: "bad-line", message: `expected a JSON object; ${got}` };
  }
}
