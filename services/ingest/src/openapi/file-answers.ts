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

const tags: Headers = {
  ETag: header("tells this state of the file from others; weak where the file may be sent compressed", etag),
  "Cache-Control": header(
    "`immutable` where the URL holds all that it follows from, else `no-cache`",
    "private, no-cache",
  ),
  Vary: header("`accept-encoding` where the file may be sent compressed", "accept-encoding"),
};
const validators: Headers = { ...tags, "Last-Modified": header("when the file was stored", date) };

const ofABody: Headers = {
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
const ofAFile = { ...validators, ...ofABody, "Accept-Ranges": header("always `bytes`", "bytes") };
const ofARendering = { ...tags, ...ofABody, "Accept-Ranges": header("always `none`", "none") };

const contentRange = {
  "Content-Range": header("the bytes that follow, and those of the file", "bytes 0-99/1000"),
};
const content = {
  "*/*": { schema: { type: "string", format: "binary", description: "the file's bytes" } as const },
};

const byTags: Record<string, string> = {
  "If-None-Match": "ETags that are at hand: 304 if the file is one of them",
  "If-Match": "ETags: 412 if the file is none of them",
};
const conditions: Record<string, string> = {
  Range:
    "one range of bytes, such as `bytes=0-99`, `bytes=100-` or `bytes=-100`; several are answered with the whole file",
  "If-Range": "an `ETag` or `Last-Modified` that was answered: the range only if the file is that one still",
  ...byTags,
  "If-Modified-Since": "304 if the file is not younger; not looked at beside If-None-Match",
  "If-Unmodified-Since": "412 if the file is younger; not looked at beside If-Match",
};

/** What is answered with a file has a type of the file's own, and headers: schemas of JSON don't tell it. */
export function addFileAnswers(document: OpenAPIV3_1.Document): void {
  for (const { path, operation } of listOperations(document)) {
    if (!path.includes("/assets/")) continue;
    const isRendering = path.includes("{rendering}");
    operation.parameters = [
      ...(operation.parameters ?? []),
      ...parametersOf(isRendering ? byTags : conditions),
    ];
    operation.responses = {
      ...(isRendering ? renderingAnswers : fileAnswers),
      ...operation.responses,
    };
    const outside = operation.responses[416];
    if (outside && !("$ref" in outside)) outside.headers = contentRange;
  }
}

const fileAnswers: OpenAPIV3_1.ResponsesObject = {
  200: { description: "The whole file", headers: ofAFile, content },
  206: { description: "The range that was asked for", headers: { ...ofAFile, ...contentRange }, content },
  304: { description: "The client has it already", headers: validators },
};
const renderingAnswers: OpenAPIV3_1.ResponsesObject = {
  200: { description: "The whole rendering", headers: ofARendering, content },
  304: { description: "The client has it already", headers: tags },
};

function parametersOf(described: Readonly<Record<string, string>>): OpenAPIV3_1.ParameterObject[] {
  return Object.entries(described).map(([name, description]) => ({
    ...{ name, in: "header", required: false, description, schema: { type: "string" } },
  }));
}
