import type { IncomingMessage, ServerResponse } from "node:http";
import type { UsageCounts } from "../usage/usage-counts.ts";
import { jsonPath, ownPaths, readUrl, segmentsBelow, uploadPath } from "./request-path.ts";
import { findOperation } from "./surface/find-operation.ts";
import { operationClasses } from "./surface/operation-classes.ts";
import type { OperationName } from "./surface/operations.ts";

/** An operation, and the bucket that it was of, where it was of one. */
interface Counted {
  readonly operation: OperationName;
  readonly bucket: string;
}

/**
 * Counts a request when it has been answered. What is refused is not charged, whatever it is: so says the price list. The XML API's
 * requests are counted as the JSON API's that do the same.
 */
export function countRequest(usage: UsageCounts, request: IncomingMessage, response: ServerResponse): void {
  let upBytes = 0;
  const push = request.push.bind(request);
  request.push = (chunk: unknown, encoding?: BufferEncoding) => {
    if (Buffer.isBuffer(chunk)) upBytes += chunk.length;
    return push(chunk, encoding);
  };
  const writtenBefore = request.socket.bytesWritten;
  response.once("close", () => {
    const counted = nameRequest(request);
    const bucket = counted?.bucket ?? "";
    usage.add("storage_bytes", { direction: "up", bucket }, upBytes);
    usage.add("storage_bytes", { direction: "down", bucket }, request.socket.bytesWritten - writtenBefore);
    if (!counted) return;
    const { operation } = counted;
    usage.add("storage_operations", {
      operation,
      bucket,
      class: response.statusCode < 300 ? operationClasses[operation] : "free",
      status: String(response.statusCode),
    });
  });
}

/** Undefined for what is no operation: health, tokens, batches (whose calls are counted each), all of an upload but its beginning. */
function nameRequest(request: IncomingMessage): Counted | undefined {
  const { method = "GET" } = request;
  const { path, query } = readUrl(request);
  if (uploadPath.test(path)) return query.has("upload_id") ? undefined : nameJson(method, uploadPath, path);
  if (jsonPath.test(path)) return nameJson(method, jsonPath, path);
  if (ownPaths.includes(path)) return undefined;
  const [, bucket = "", ...name] = path.split("/");
  return { operation: nameXml(method, name.join("")), bucket };
}

function nameJson(method: string, prefix: RegExp, path: string): Counted | undefined {
  try {
    const { operation, at } = findOperation(method, segmentsBelow(prefix, path));
    return { operation: operation.name, bucket: at.get("bucket") ?? "" };
  } catch {
    return undefined;
  }
}

function nameXml(method: string, object: string): OperationName {
  if (method === "DELETE") return "objects.delete";
  if (method === "PUT" || method === "POST") return "objects.insert";
  if (object !== "") return "objects.get";
  return method === "HEAD" ? "buckets.get" : "objects.list";
}
