import type { Api } from "../api-context.ts";
import { ProblemError } from "../problem-error.ts";
import { sayNoJson } from "./say-no-json.ts";

/**
 * JSON is the one type that is parsed: text of other types is no request. Bytes that are not UTF-8 are refused, because
 * each of them would become the same U+FFFD, and two ids one.
 */
export function parseJsonBody(app: Api): void {
  app.removeAllContentTypeParsers();
  const parse = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body: Buffer, done) => {
    refuseEncoded(request.headers["content-encoding"]);
    const text = decodeText(body, request.headers["content-type"]);
    parse(request, text, (error, value) =>
      error
        ? done(new ProblemError("invalid-request", `body: ${sayNoJson(text, "JSON")}`, { cause: error }))
        : done(null, value),
    );
  });
}

/**
 * Refuses a body with a content coding: only the bytes of a master are decoded, where they stream by.
 *
 * @throws {ProblemError} `unsupported-media-type`.
 */
export function refuseEncoded(contentEncoding: string | undefined): void {
  if (contentEncoding === undefined || /^\s*(identity)?\s*$/i.test(contentEncoding)) return;
  const message = `content-encoding: expected a body that is not encoded, got ${contentEncoding}`;
  throw new ProblemError("unsupported-media-type", message);
}

/** @throws {ProblemError} for another charset than UTF-8, and bytes that are none. */
export function decodeText(body: Buffer, contentType: string | undefined): string {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(contentType ?? "")?.[1];
  if (charset !== undefined && !/^(utf-?8|us-ascii)$/i.test(charset)) {
    throw new ProblemError("unsupported-media-type", `charset: expected JSON as UTF-8, got ${charset}`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch (cause) {
    throw new ProblemError("invalid-request", "body: expected UTF-8; some of its bytes are not", { cause });
  }
}
