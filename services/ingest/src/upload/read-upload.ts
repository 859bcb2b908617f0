import { Readable } from "node:stream";
import type { Multipart } from "@fastify/multipart";
import { type HttpErrorCode, UploadDetails } from "@segue/contracts";
import { IntakeError, type IntakeReason, type Masters, type Received } from "@segue/intake";
import type { FastifyRequest } from "fastify";
import { decodeCoded, requireEncoding } from "../input/decode-coded.ts";
import { parseInput } from "../input/parse-input.ts";
import { refuseEncoded } from "../input/parse-json-body.ts";
import { ProblemError } from "../problem-error.ts";
import { cutSignal } from "./cut-signal.ts";

/** A file that came whole, and what was said of it. */
export interface Upload {
  readonly received: Received;
  readonly details: UploadDetails;
}

const codes: Readonly<Record<IntakeReason, HttpErrorCode>> = {
  "too-large": "upload-too-large",
  stalled: "upload-stalled",
  cut: "upload-cut",
  undecodable: "invalid-request",
};

/** @throws {ProblemError} for what the client is to know of. */
async function receive(masters: Masters, source: Readable, signal: AbortSignal): Promise<Received> {
  try {
    return await masters.receive(source, { signal });
  } catch (cause) {
    throw cause instanceof IntakeError
      ? new ProblemError(codes[cause.reason], cause.message, { cause })
      : cause;
  }
}

/** Takes the bytes of a raw body, whatever it is called. What is said of them stands in the query. */
export async function readRawUpload(
  request: FastifyRequest,
  masters: Masters,
  maxBytes: number,
): Promise<Received> {
  const encoding = requireEncoding(request.headers["content-encoding"]);
  const statedBytes = Number(request.headers["content-length"] ?? 0);
  if (encoding === "identity" && statedBytes > maxBytes) {
    const message = `content-length: expected at most ${maxBytes} bytes, got ${statedBytes}`;
    throw new ProblemError("upload-too-large", message);
  }
  const sent = request.body instanceof Readable ? request.body : Readable.from([]);
  const decoded = decodeCoded(sent, encoding);
  try {
    return await receive(masters, decoded.body, cutSignal(request.raw));
  } finally {
    decoded.end();
  }
}

/**
 * Takes the field `file` of a form as it streams by; the other fields may come before or after it.
 *
 * @throws {ProblemError} `invalid-request` for a form without a file, or with two.
 */
export async function readFormUpload(
  request: FastifyRequest,
  masters: Masters,
  idleMs: number,
): Promise<Upload> {
  refuseEncoded(request.headers["content-encoding"]);
  const signal = cutSignal(request.raw);
  const fields = new Map<string, unknown>();
  let fileName: string | undefined;
  let received: Received | undefined;
  try {
    for await (const part of readParts(request, signal, idleMs)) {
      requirePlain(part);
      if (part.type === "field") {
        addField(fields, part.fieldname, part.value);
        continue;
      }
      if (part.fieldname !== "file" || received) {
        part.file.resume();
        const found = received ? "a second one" : `"${part.fieldname}"`;
        throw new ProblemError("invalid-request", `expected one file in the field "file", got ${found}`);
      }
      fileName = part.filename;
      received = await receive(masters, part.file, signal);
    }
    const details = parseInput(UploadDetails, Object.fromEntries(fields), "form");
    if (!received) throw new ProblemError("invalid-request", 'expected a file in the field "file", got none');
    // What a browser sends of a form in which no file was chosen.
    if (!fileName && received.sizeBytes === 0) {
      throw new ProblemError("invalid-request", "file: expected a file, got neither a name nor a byte");
    }
    // A name in an encoding of its sender's is a hint that has suffered, and no reason to lose the track.
    return { received, details: fileName === undefined ? details : { filename: fileName, ...details } };
  } catch (error) {
    if (received) await masters.discard(received);
    request.raw.unpipe();
    throw error;
  }
}

/** Bytes as they are (RFC 2045, 6.2): nothing takes another encoding off, and its text would be kept as the file. */
const plainEncodings: ReadonlySet<string> = new Set(["7bit", "8bit", "binary"]);

/** @throws {ProblemError} `invalid-request` for a part in an encoding of mail's (RFC 7578, 4.7, has none in forms). */
function requirePlain(part: Multipart): void {
  const encoding = part.encoding.trim().toLowerCase();
  if (plainEncodings.has(encoding)) return;
  if (part.type === "file") part.file.resume();
  const where = JSON.stringify(part.fieldname.slice(0, 80));
  const message = `${where}: expected its bytes as they are, got the Content-Transfer-Encoding ${encoding.slice(0, 80)}`;
  throw new ProblemError("invalid-request", message);
}

/** @throws {ProblemError} `invalid-request` for a second field of a name, and for bytes that are no UTF-8, which come as U+FFFD. */
function addField(fields: Map<string, unknown>, name: string, value: unknown): void {
  const where = JSON.stringify(name.slice(0, 80));
  if (name === "file") {
    throw new ProblemError("invalid-request", 'file: expected a part with a "filename", got a text');
  }
  if (fields.has(name))
    throw new ProblemError("invalid-request", `${where}: expected one field, got several`);
  if (`${name}${value}`.includes("\ufffd")) {
    throw new ProblemError("invalid-request", `${where}: expected UTF-8; some of its bytes are not`);
  }
  fields.set(name, value);
}

/**
 * A form's parts as they come. The parser's own errors are the form's fault. It would wait for the next part for
 * ever when the client is gone or silent between two of them, so that is watched here.
 *
 * @throws {ProblemError} `invalid-request`, `upload-stalled` or `upload-cut`.
 */
async function* readParts(
  request: FastifyRequest,
  signal: AbortSignal,
  idleMs: number,
): AsyncGenerator<Multipart> {
  const cut = new Promise<never>((_, reject) => {
    const gone = () => reject(new ProblemError("upload-cut", "the connection ended within the form"));
    if (signal.aborted) gone();
    else signal.addEventListener("abort", gone, { once: true });
  });
  cut.catch(() => {});
  const next = async (from: AsyncIterableIterator<Multipart>) => {
    let timer: NodeJS.Timeout | undefined;
    const stalled = new Promise<never>((_, reject) => {
      const late = new ProblemError("upload-stalled", `no part of the form came for ${idleMs} ms`);
      timer = setTimeout(() => reject(late), idleMs);
    });
    try {
      return await Promise.race([from.next(), cut, stalled]);
    } finally {
      clearTimeout(timer);
    }
  };
  let parts: AsyncIterableIterator<Multipart> | undefined;
  for (;;) {
    let part: IteratorResult<Multipart>;
    try {
      parts ??= request.parts();
      part = await next(parts);
    } catch (cause) {
      if (cause instanceof ProblemError) throw cause;
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new ProblemError("invalid-request", `expected a well-formed form: ${message}`, { cause });
    }
    if (part.done) return;
    yield part.value;
  }
}
