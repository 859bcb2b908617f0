import type { OpenAPIV3_1 } from "openapi-types";
import { listOperations } from "./operations.ts";

type Headers = Record<string, OpenAPIV3_1.HeaderObject>;

const header = (description: string, example: string): OpenAPIV3_1.HeaderObject => ({
  description,
  schema: { type: "string" },
  example,
});

const etag = '"1f0c....2a5e1d7b"';
const date = "Wed, 01 Jan 2025 00:00:00 GMT";

const validators: Headers = {
  ETag: header("tells this state of the file from others; weak where the file may be sent compressed", etag),
  "Last-Modified": header("when the file was stored", date),
  "Cache-Control": header(
    "`immutable` where the URL holds address and checksum, else `no-cache`",
    "private, no-cache",
  ),
  Vary: header("`accept-encoding` where the file may be sent compressed", "accept-encoding"),
};

const ofABody: Headers = {
  ...validators,
  "Accept-Ranges": header("always `bytes`", "bytes"),
  "Content-Length": header("bytes that follow; absent where they are compressed on the way", "100"),
  "Content-Disposition": header(
    "what to call the file when it is saved, and whether to show it",
    "inline; filename=song.m4a",
  ),
  "Content-Location": header(
    "the permanent URL of what was sent, where the latest was asked for",
    "https://...",
  ),
};

const contentRange = {
  "Content-Range": header("the bytes that follow, and those of the file", "bytes 0-99/1000"),
};
const content = {
  "*/*": { schema: { type: "string", format: "binary", description: "the file's bytes" } as const },
};

const conditions: Record<string, string> = {
  Range:
    "one range of bytes, such as `bytes=0-99`, `bytes=100-` or `bytes=-100`; several are answered with the whole file",
  "If-Range": "an `ETag` or `Last-Modified` that was answered: the range only if the file is that one still",
  "If-None-Match": "ETags that are at hand: 304 if the file is one of them",
  "If-Modified-Since": "304 if the file is not younger; not looked at beside If-None-Match",
  "If-Match": "ETags: 412 if the file is none of them",
  "If-Unmodified-Since": "412 if the file is younger; not looked at beside If-Match",
};

/** What is answered with a file has a type of the file's own, and headers: schemas of JSON don't tell it. */
export function addFileAnswers(document: OpenAPIV3_1.Document): void {
  for (const { path, operation } of listOperations(document)) {
    if (!path.includes("/assets/")) continue;
    operation.parameters = [
      ...(operation.parameters ?? []),
      ...Object.entries(conditions).map(([name, description]) => ({
        name,
        in: "header",
        required: false,
        description,
        schema: { type: "string" } as const,
      })),
    ];
    operation.responses = {
      200: { description: "The whole file", headers: ofABody, content },
      206: { description: "The range that was asked for", headers: { ...ofABody, ...contentRange }, content },
      304: { description: "The client has it already", headers: validators },
      ...operation.responses,
    };
    const outside = operation.responses[416];
    if (outside && !("$ref" in outside)) outside.headers = contentRange;
  }
}
