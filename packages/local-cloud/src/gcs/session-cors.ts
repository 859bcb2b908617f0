import type { Call } from "./server-state.ts";

/** What a page may read of an answer, besides what it always may. */
const exposed =
  "Content-Length, Content-Type, Date, Range, Server, Transfer-Encoding, X-GUploader-UploadID, X-Http-Status-Code-Override";
const preflightMaxAgeSec = 3_600;

/** True for a request to an upload session by the web page that it was opened for: whoever opened it said so by its `Origin`. */
export function isLetIn({ state, request, query }: Call): boolean {
  const { origin } = request.headers;
  const id = query.get("upload_id");
  if (origin === undefined || id === null) return false;
  return state.sessions.originOf(id) === origin;
}

/**
 * True for a program that opens a session for a page, whose `Origin` it passes on. A browser says besides where a request is from, and nobody but the opener learns
 * the session's URL.
 */
export function opensForPage({ request, query }: Call): boolean {
  const { method, headers } = request;
  if (method !== "POST" || headers["sec-fetch-site"] !== undefined || query.has("upload_id")) return false;
  return query.get("uploadType") === "resumable" || headers["x-goog-resumable"] === "start";
}

/** Tells the page's browser that it may read the answer. */
export function tellPage({ request, response }: Call): void {
  response
    .setHeader("access-control-allow-origin", request.headers.origin ?? "")
    .setHeader("access-control-expose-headers", exposed)
    .setHeader("vary", "Origin");
}

/** Answers what a browser asks before it sends what is not simple: a PUT is not. */
export function answerPreflight({ request, response }: Call): void {
  const wanted = request.headers["access-control-request-headers"];
  response
    .writeHead(200, {
      "access-control-allow-methods": "PUT, DELETE",
      ...(wanted === undefined ? {} : { "access-control-allow-headers": wanted }),
      "access-control-max-age": String(preflightMaxAgeSec),
      "content-length": "0",
    })
    .end();
}
