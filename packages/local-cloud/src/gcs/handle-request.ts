import type { IncomingMessage, ServerResponse } from "node:http";
import { findForeignHost, findForeignPage } from "@segue/loopback-guard";
import { ApiError, type ErrorForm, invalid, notFound, sendError, sendJson } from "./api-error.ts";
import { handleBatch } from "./batch.ts";
import { uploadForm } from "./form-upload.ts";
import { handleJson } from "./json-api.ts";
import { type FailureLog, toApiError } from "./machine-trouble.ts";
import { discardBody } from "./receive.ts";
import { decode, jsonPath, ownPaths, readUrl, segmentsBelow, uploadPath } from "./request-path.ts";
import { cancelSession, continueSession } from "./resumable-upload.ts";
import type { Call, ServerState } from "./server-state.ts";
import { answerPreflight, isLetIn, opensForPage, tellPage } from "./session-cors.ts";
import { isSignedHeader } from "./signed-url.ts";
import { checkHeaders } from "./surface/headers.ts";
import { issueToken } from "./token.ts";
import { handleXml } from "./xml-api.ts";

/** Requests of an upload that is under way name it; the one that starts it is an operation of the JSON API. */
async function handleUpload(call: Call, segments: string[]): Promise<void> {
  const id = call.query.get("upload_id");
  if (id !== null && call.request.method === "DELETE") return cancelSession(call, id);
  if (id !== null) return continueSession(call, id);
  if (!call.query.has("uploadType")) throw invalid("Required parameter: uploadType");
  return handleJson(call, segments);
}

/** Says that this process answers and can read what it has stored. */
function answerHealth({ state, response }: Call): void {
  state.database.prepare("SELECT 1 FROM buckets LIMIT 1").get();
  sendJson(response, { status: "ok" });
}

/** Throws 403 for what a web page of a stranger sends: this server asks nobody who they are. */
function checkCaller(call: Call): void {
  const { state, request } = call;
  const foreign =
    findForeignHost(request.headers, state.hostNames) ??
    (isLetIn(call) || opensForPage(call) ? undefined : findForeignPage(request.headers, state.hostNames));
  if (foreign !== undefined) throw new ApiError(403, "forbidden", foreign);
}

async function route(call: Call, path: string): Promise<void> {
  const { method } = call.request;
  if (method === "OPTIONS" && isLetIn(call)) return answerPreflight(call);
  if (uploadPath.test(path)) return handleUpload(call, segmentsBelow(uploadPath, path));
  if (jsonPath.test(path)) return handleJson(call, segmentsBelow(jsonPath, path));
  if (path === "/batch/storage/v1" && method === "POST") return handleBatch(call);
  if (path === "/token" && method === "POST") return issueToken(call);
  if (path === "/healthz") return answerHealth(call);
  const [, bucket, ...name] = path.split("/");
  if (bucket) return handleXml(call, decode(bucket), decode(name.join("/")));
  if (path === "/" && method === "POST") return uploadForm(call, undefined);
  if (path === "/") return sendJson(call.response, { kind: "segue#localCloud" });
  throw notFound("Not Found");
}

function chooseErrorForm(path: string, query: URLSearchParams): ErrorForm {
  if (query.get("alt") === "media") return "text";
  const isJson = jsonPath.test(path) || uploadPath.test(path);
  return isJson || ownPaths.includes(path) ? "json" : "xml";
}

/** Answers one request. Never throws: what goes wrong is answered, or logged when the client has gone. */
export async function handleRequest(
  state: ServerState,
  request: IncomingMessage,
  response: ServerResponse,
  failures: FailureLog,
): Promise<void> {
  const { path, query } = readUrl(request);
  try {
    const call = { state, request, response, query };
    if (isLetIn(call)) tellPage(call);
    checkCaller(call);
    checkHeaders(request.headers, (name) => isSignedHeader(query, name));
    await route(call, path);
  } catch (error) {
    // A client that went away reads no answer.
    if (request.destroyed && !request.complete) return;
    if (!(error instanceof ApiError)) failures.add(error, { method: request.method, path }, state.now());
    if (response.headersSent) {
      response.destroy();
      return;
    }
    sendError(response, toApiError(error), chooseErrorForm(path, query));
  } finally {
    // After an early answer the rest of the body would stay in the socket, before the next request.
    discardBody(request);
  }
}
