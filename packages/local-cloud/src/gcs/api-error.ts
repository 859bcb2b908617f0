import type { ServerResponse } from "node:http";
import { escapeXml } from "./xml.ts";

/** A refusal, as Google's JSON API words it. `reason` is Google's own, such as `notFound` or `conditionNotMet`. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

export const notFound = (what: string) => new ApiError(404, "notFound", what);
export const invalid = (message: string) => new ApiError(400, "invalid", message);
export const conditionNotMet = () =>
  new ApiError(412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.");

/** How an error is written: the JSON API's object, plain text for media downloads, or the XML API's element. */
export type ErrorForm = "json" | "text" | "xml";

/** The XML API's word for a reason of the JSON API; a reason that is the XML API's own stays as it is. */
const xmlCodes: Record<string, string> = {
  notFound: "NoSuchKey",
  forbidden: "AccessDenied",
  conditionNotMet: "PreconditionFailed",
  requestedRangeNotSatisfiable: "InvalidRange",
  invalid: "InvalidArgument",
  notImplemented: "NotImplemented",
  methodNotAllowed: "MethodNotAllowed",
  backendError: "ServiceUnavailable",
};

function formatError({ status, reason, message }: ApiError, form: ErrorForm): [string, string] {
  if (form === "text") return ["text/html; charset=UTF-8", message];
  if (form === "xml") {
    const code = xmlCodes[reason] ?? reason;
    const body = `<?xml version='1.0' encoding='UTF-8'?><Error><Code>${escapeXml(code)}</Code><Message>${escapeXml(message)}</Message></Error>`;
    return ["application/xml; charset=UTF-8", body];
  }
  const error = { code: status, message, errors: [{ message, domain: "global", reason }] };
  return ["application/json; charset=UTF-8", JSON.stringify({ error })];
}

/** Answers with an error. Nothing may have been written to the response before. */
export function sendError(response: ServerResponse, error: ApiError, form: ErrorForm): void {
  if (error.status === 304) {
    response.writeHead(304).end();
    return;
  }
  const [contentType, body] = formatError(error, form);
  response.writeHead(error.status, {
    ...(error.status === 503 ? { "retry-after": "1" } : {}),
    "content-type": contentType,
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}

/** Answers with JSON. */
export function sendJson(
  response: ServerResponse,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  const text = JSON.stringify(body);
  response.writeHead(200, {
    "content-type": "application/json; charset=UTF-8",
    "content-length": Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}
