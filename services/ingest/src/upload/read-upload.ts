import { Readable } from "node:stream";
import { UploadDetails } from "@segue/contracts";
import type { FastifyRequest } from "fastify";
import { ProblemError } from "../problem-error.ts";
import { cutSignal } from "./cut-signal.ts";
import type { Masters, Received } from "./masters.ts";

/** A file that came whole, and what was said of it. */
export interface Upload {
  readonly received: Received;
  readonly details: UploadDetails;
}

const codes = { stalled: "upload-stalled", cut: "upload-cut" } as const;

/** Takes the bytes of a raw body. What is said of them stands in the query. */
export async function readRawUpload(request: FastifyRequest, masters: Masters): Promise<Upload> {
  const details = UploadDetails.parse(request.query);
  const { body } = request;
  const source = body instanceof Readable ? body : Readable.from([]);
  const received = await masters.receive(source, { ...codes, signal: cutSignal(request.raw) });
  return { received, details };
}

/**
 * Takes the field `file` of a form as it streams by; the other fields may come before or after it.
 *
 * @throws {ProblemError} `invalid-request` for a form without a file, or with two.
 */
export async function readFormUpload(request: FastifyRequest, masters: Masters): Promise<Upload> {
  const signal = cutSignal(request.raw);
  const fields: Record<string, unknown> = {};
  let received: Received | undefined;
  try {
    for await (const part of untilCut(request.parts(), signal)) {
      if (part.type === "field") {
        fields[part.fieldname] = part.value;
        continue;
      }
      if (part.fieldname !== "file" || received) {
        part.file.resume();
        const found = received ? "a second one" : `"${part.fieldname}"`;
        throw new ProblemError("invalid-request", `expected one file in the field "file", got ${found}`);
      }
      fields.filename ??= part.filename;
      received = await masters.receive(part.file, { ...codes, signal });
    }
    const details = UploadDetails.parse(fields);
    if (!received) throw new ProblemError("invalid-request", 'expected a file in the field "file", got none');
    return { received, details };
  } catch (error) {
    if (received) await masters.discard(received);
    request.raw.unpipe();
    if (signal.aborted)
      throw new ProblemError("upload-cut", "the connection ended within the form", { cause: error });
    throw error;
  }
}

/** A form's parser waits for its next part for ever when the client is gone between two of them. */
async function* untilCut<T>(parts: AsyncIterableIterator<T>, signal: AbortSignal): AsyncGenerator<T> {
  const cut = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("the client is gone")), { once: true });
  });
  cut.catch(() => {});
  for (;;) {
    const next = await Promise.race([parts.next(), cut]);
    if (next.done) return;
    yield next.value;
  }
}
