import type { IncomingMessage } from "node:http";
import { ProblemError } from "../problem-error.ts";

/** How the body of a submission is read. */
export type BodyForm = "json" | "form" | "bytes";

/**
 * What a submission's headers say that its body is. Bytes of any type are the master: what they hold is for `decode` to
 * find out, and no client's idea of a type throws them away. Not taken are the types that say that the master is
 * somewhere inside: other kinds of JSON and of multipart, and a web form, which `curl -d` also calls a file that it
 * has taken the line ends out of.
 *
 * @throws {ProblemError} `unsupported-media-type`; `invalid-request` for two types, and for a part of a file (RFC 9110, 14.5), which
 * would be taken for all of it.
 */
export function judgeBody({ headersDistinct }: Pick<IncomingMessage, "headersDistinct">): BodyForm {
  const [type, second] = headersDistinct["content-type"] ?? [];
  if (second !== undefined)
    throw new ProblemError("invalid-request", "content-type: expected one, got several");
  const range = headersDistinct["content-range"]?.join(", ");
  if (range !== undefined) {
    const message = `content-range: expected the whole file in one request, got a part of it (${range})`;
    throw new ProblemError("invalid-request", message);
  }
  const essence = type?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (essence === "application/json") return "json";
  if (essence === "multipart/form-data") return "form";
  if (isEnvelope(essence)) {
    throw new ProblemError(
      "unsupported-media-type",
      `expected the bytes of a file, multipart/form-data or application/json, got ${essence}; ` +
        "for bytes, name their type: application/octet-stream will do",
    );
  }
  return "bytes";
}

function isEnvelope(essence: string): boolean {
  return (
    essence.startsWith("multipart/") ||
    essence === "application/x-www-form-urlencoded" ||
    /[/+]json$/.test(essence) ||
    essence === "application/json-seq"
  );
}
