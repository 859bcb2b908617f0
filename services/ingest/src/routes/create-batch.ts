import { Readable } from "node:stream";
import { BatchEnd, BatchOutcome, maxBatchBytes, maxBatchLines } from "@segue/contracts";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { Api, ApiContext } from "../api-context.ts";
import { decodeBatch } from "../batch/decode-batch.ts";
import { createLineTaker, type NumberedLine } from "../batch/take-line.ts";
import { decodeText } from "../input/parse-json-body.ts";
import { sayNoJson } from "../input/say-no-json.ts";
import { limitUploads } from "../limit-uploads.ts";
import { readKey } from "../once/read-key.ts";
import { ProblemError } from "../problem-error.ts";
import { problems } from "./problems.ts";

const types = ["application/x-ndjson", "application/jsonl"] as const;
/** Lines that are accepted at once. */
const atOnce = 16;

const outcomes = {
  200: {
    description: "A line for each line, in their order, and one more at the end that counts them",
    content: {
      [types[0]]: { schema: z.union([BatchOutcome, BatchEnd]).describe("each line of the answer") },
    },
  },
};

/** `POST /v1/batches`: many sources in one request, a line of JSON each. */
export async function createBatchRoute(app: Api, context: ApiContext): Promise<void> {
  for (const type of types) {
    const options = { parseAs: "buffer", bodyLimit: maxBatchBytes } as const;
    app.addContentTypeParser(type, options, async ({ headers }: FastifyRequest, body: Buffer) =>
      decodeText(await decodeBatch(body, headers["content-encoding"]), headers["content-type"]),
    );
  }
  app.addContentTypeParser("*", ({ headers }, _payload, done) => {
    const came = headers["content-type"]?.slice(0, 80) ?? "none";
    const detail = `content-type: expected ${types.join(" or ")}, got ${came}`;
    done(new ProblemError("unsupported-media-type", detail));
  });
  const schema = {
    operationId: "createBatch",
    summary: "Submit many tracks by their sources, a line of JSON each",
    description:
      `At most ${maxBatchLines} lines and ${maxBatchBytes} bytes; larger batches come in several requests. The body may be in one content coding, gzip, deflate or br. Each line is taken or refused by itself, and the answer says which, line by line, ` +
      "once the whole body has come: it is streamed, and its last line counts. With an Idempotency-Key the same lines, sent again, make nothing twice, whether the first " +
      "answer came or not; each line counts for itself, by its `key`, or its number where it has none.",
    headers: z.looseObject({
      "idempotency-key": z
        .string()
        .optional()
        .meta({
          description: "of the batch; lines of several requests under the same key need keys of their own",
          examples: ["catalog-2026-11"],
        }),
    }),
    response: { ...outcomes, ...problems(400, 408, 413, 415, 429, 503) },
  };
  const parse = app.getDefaultJsonParser("error", "error");
  app.post("/v1/batches", { schema, onRequest: limitUploads(context) }, async (request, reply) => {
    const lines = readLines(request.body);
    const batchKey = readKey(request.raw);
    const parseJson = (text: string) => {
      let parsed: unknown;
      parse(request, text, (error, value) => {
        if (error) throw new ProblemError("invalid-request", `line: ${sayNoJson(text, "an object in JSON")}`);
        parsed = value;
      });
      return parsed;
    };
    const take = createLineTaker(context, { request, reply, batchKey, parseJson });
    const answer = Readable.from(answerLines(lines, take), { objectMode: false, highWaterMark: 16_384 });
    reply.header("content-type", types[0]).header("cache-control", "no-store");
    // What is answered is said of each of its lines.
    return reply.send(answer as unknown as BatchEnd);
  });
}

/** Those that are not empty. @throws {ProblemError} `invalid-request`. */
function readLines(body: unknown): NumberedLine[] {
  if (typeof body !== "string")
    throw new ProblemError(
      "invalid-request",
      `body: expected ${types.join(" or ")}, a line of JSON for each track`,
    );
  const lines = body
    .split("\n")
    .map((text, index) => ({ number: index + 1, text: text.trim() }))
    .filter(({ text }) => text !== "");
  if (lines.length > maxBatchLines)
    throw new ProblemError(
      "invalid-request",
      `body: expected at most ${maxBatchLines} lines, got ${lines.length}; send the rest in another request`,
    );
  return lines;
}

async function* answerLines(
  lines: readonly NumberedLine[],
  take: (line: NumberedLine) => Promise<BatchOutcome>,
): AsyncGenerator<string> {
  const underWay: Promise<BatchOutcome>[] = [];
  let accepted = 0;
  const tell = (outcome: BatchOutcome) => {
    if (outcome.id !== null) accepted += 1;
    return `${JSON.stringify(outcome)}\n`;
  };
  for (const line of lines) {
    underWay.push(take(line));
    const first = underWay.length < atOnce ? undefined : underWay.shift();
    if (first) yield tell(await first);
  }
  for (const outcome of underWay) yield tell(await outcome);
  const end: BatchEnd = { lines: lines.length, accepted, refused: lines.length - accepted };
  yield `${JSON.stringify(end)}\n`;
}
