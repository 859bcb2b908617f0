import type { IncomingMessage, ServerResponse } from "node:http";
import { findForeignHost, findForeignPage } from "@segue/loopback-guard";
import type { Logger } from "@segue/telemetry";
import { ApiError, type ErrorForm, invalid, notFound, sendError, sendJson } from "./api-error.ts";
import { handleBuckets, handleList, handleObject, handleObjectAction } from "./json-api.ts";
import { discardBody } from "./receive.ts";
import { cancelSession, continueSession } from "./resumable-upload.ts";
import type { Call, ServerState } from "./server-state.ts";
import { uploadObject } from "./upload-object.ts";
import { handleXml } from "./xml-api.ts";

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw invalid("The path is not valid percent-encoded UTF-8");
  }
}

const jsonPath = /^(?:\/download)?\/storage\/v1\/b(?:\/|$)/;
const uploadPath = /^\/(?:resumable\/)?upload\/storage\/v1\/b\/([^/]+)\/o$/;

async function handleUpload(call: Call, bucket: string): Promise<void> {
  const id = call.query.get("upload_id");
  if (id === null) return uploadObject(call, bucket);
  if (call.request.method === "DELETE") return cancelSession(call, id);
  return continueSession(call, id);
}

async function handleJson(call: Call, path: string): Promise<void> {
  // Split before decoding: a slash inside an object's name arrives as %2F.
  const segments = path.replace(jsonPath, "").split("/").filter(Boolean).map(decode);
  const [bucket, collection, name, ...rest] = segments;
  if (bucket === undefined || collection === undefined) return handleBuckets(call, bucket);
  if (collection !== "o") throw notFound("Not Found");
  if (name === undefined) return handleList(call, bucket);
  if (rest.length > 0) return handleObjectAction(call, bucket, name, rest);
  return handleObject(call, bucket, name);
}

/** Throws 403 for what a web page of a stranger sends: this server asks nobody who they are. */
function checkCaller({ state, request }: Call): void {
  const foreign =
    findForeignHost(request.headers, state.hostNames) ?? findForeignPage(request.headers, state.hostNames);
  if (foreign !== undefined) throw new ApiError(403, "forbidden", foreign);
}

async function route(call: Call, path: string): Promise<void> {
  const upload = uploadPath.exec(path)?.[1];
  if (upload !== undefined) return handleUpload(call, decode(upload));
  if (jsonPath.test(path)) return handleJson(call, path);
  const [, bucket, ...name] = path.split("/");
  if (bucket && name.length > 0) return handleXml(call, decode(bucket), decode(name.join("/")));
  if (path === "/") return sendJson(call.response, { kind: "segue#localCloud" });
  throw notFound("Not Found");
}

function chooseErrorForm(path: string, query: URLSearchParams): ErrorForm {
  if (query.get("alt") === "media") return "text";
  return jsonPath.test(path) || uploadPath.test(path) || path === "/" ? "json" : "xml";
}

/** Answers one request. Never throws: what goes wrong is answered, or logged when the client has gone. */
export async function handleRequest(
  state: ServerState,
  request: IncomingMessage,
  response: ServerResponse,
  log: Logger | undefined,
): Promise<void> {
  const [path = "/", search = ""] = (request.url ?? "/").split(/\?(.*)/s, 2);
  const query = new URLSearchParams(search);
  try {
    const call = { state, request, response, query };
    checkCaller(call);
    await route(call, path);
  } catch (error) {
    // A client that went away reads no answer.
    if (request.destroyed && !request.complete) return;
    const known = error instanceof ApiError;
    if (!known) log?.error({ error, method: request.method, path }, "request failed");
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const full = error instanceof Error && "code" in error && error.code === "ENOSPC";
    const status = full ? 503 : 500;
    sendError(
      response,
      known ? error : new ApiError(status, "backendError", full ? "The disk is full" : "Internal error"),
      chooseErrorForm(path, query),
    );
  } finally {
    // After an early answer the rest of the body would stay in the socket, before the next request.
    discardBody(request);
  }
}
