import type { StoredTrack } from "@segue/catalog-db";
import { type ExportFormat, ExportQuery, exportTypes, isCompleteHeader } from "@segue/contracts";
import type { FastifyReply } from "fastify";
import { z } from "zod";
import type { Api, ApiContext } from "../api-context.ts";
import { contentDisposition } from "../content-disposition.ts";
import {
  type ExportColumn,
  type ExportedTrack,
  exportColumns,
  exportedAs,
} from "../exports/export-columns.ts";
import { readFound } from "../exports/read-found.ts";
import { renderParquet } from "../exports/render-parquet.ts";
import { renderRekordbox } from "../exports/render-rekordbox.ts";
import { renderCsv, renderJsonLines } from "../exports/render-text.ts";
import { sendWhole } from "../exports/send-whole.ts";
import { ownerOf, sharerOf } from "../owner-of.ts";
import { ProblemError } from "../problem-error.ts";
import { orderOf } from "../search/order-of.ts";
import { readConditions } from "../search/read-conditions.ts";
import { readSearched } from "../search/read-searched.ts";
import { createOwnersShares } from "../shares.ts";
import { problems } from "./problems.ts";

/** Exports that an instance makes at once: each has up to some 50 MB in memory, and asks the database all the time. */
const mostAtOnce = 4;

const answers = {
  200: {
    description: `All tracks that are found, in the form that was asked for. An answer that breaks off has not sent all. \`${isCompleteHeader}: false\`: search is going through all tracks, some may be missing`,
    content: {
      [exportTypes.csv]: { schema: z.string().describe("a line of names, and one per track") },
      [exportTypes.jsonl]: {
        schema: z.record(z.string(), z.unknown()).describe("an object per line and track"),
      },
      [exportTypes.rekordbox]: { schema: z.string().describe("a collection for DJ programs") },
      [exportTypes.parquet]: { schema: z.string().meta({ format: "binary", description: "the file" }) },
    },
  },
};

type Render = (
  columns: readonly ExportColumn[],
  pages: AsyncIterable<readonly ExportedTrack[]>,
) => AsyncIterable<string | Uint8Array>;
const renderers: Readonly<Record<Exclude<ExportFormat, "rekordbox">, Render>> = {
  csv: renderCsv,
  jsonl: renderJsonLines,
  parquet: renderParquet,
};

/** `GET /v1/search/export`: all that a search finds, as a file. */
export function exportSearchRoute(app: Api, context: ApiContext): void {
  const takeSlot = createSlots();
  const schema = {
    operationId: "exportSearch",
    summary: "All tracks that a search finds, as a file: CSV, JSON lines, Parquet or Rekordbox XML",
    querystring: ExportQuery,
    response: { ...answers, ...problems(400, 429, 503) },
  };
  app.get("/v1/search/export", { schema }, async (request, reply) => {
    const {
      format,
      columns: names,
      folder,
      limit = Number.POSITIVE_INFINITY,
      sort,
      ...filters
    } = request.query;
    const { kinds } = context.chain;
    const owner = ownerOf(request);
    const searched = await readSearched(context);
    if (format === "rekordbox" && names !== undefined)
      throw new ProblemError("invalid-request", "columns: expected a format that is a table");
    const columns = exportColumns(kinds, searched, names);
    const order = orderOf(sort, searched);
    const conditions = readConditions(filters, searched);
    const { isComplete } = await context.search.progress();
    reply.headers({
      ...{
        "content-type": `${exportTypes[format]}${format === "csv" ? "; charset=utf-8" : ""}`,
        "cache-control": "no-store",
      },
      "content-disposition": contentDisposition(
        `tracks.${format === "rekordbox" ? "xml" : format}`,
        "attachment",
      ),
      [isCompleteHeader]: String(isComplete),
    });
    if (request.method === "HEAD") return reply.send(undefined as never);
    takeSlot(reply);
    const signal = context.held.hold(reply);
    const found = readFound(context.search, { owner, conditions, order, limit });
    // What can't be read is refused, as long as nothing was sent.
    const first = await found.next();
    const pages = exported(first, found, exportedAs(kinds));
    const { stallMs } = context.streamPaces;
    const chunks =
      format === "rekordbox" ? renderRekordbox(pages, folder) : renderers[format](columns, pages);
    return reply.send(sendWhole(reply, chunks, { signal, stallMs }) as never);
  });
}

async function* exported(
  first: IteratorResult<readonly StoredTrack[]>,
  found: AsyncIterable<readonly StoredTrack[]>,
  toExported: (track: StoredTrack) => ExportedTrack,
): AsyncGenerator<readonly ExportedTrack[]> {
  if (first.done) return;
  yield first.value.map(toExported);
  for await (const tracks of found) yield tracks.map(toExported);
}

function createSlots(): (reply: FastifyReply) => void {
  const refuse = (most: number) =>
    new ProblemError("too-many-streams", `expected fewer than ${most} exports at once`);
  const owners = createOwnersShares(mostAtOnce, refuse);
  return (reply) => {
    if (owners.count() >= mostAtOnce) throw refuse(mostAtOnce);
    // Comes after the answer, and when the client goes away without one.
    reply.raw.once("close", owners.take(sharerOf(reply.request)));
  };
}
