import { describeProblem, type HttpErrorCode, httpErrorCatalogue, isMachineTrouble } from "@segue/contracts";
import { StoreError, StoreFullError } from "@segue/store";
import { withLogFields } from "@segue/telemetry";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ProblemError } from "./problem-error.ts";

/** Every error, the framework's own included, is answered as problem details (RFC 9457). */
export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply));
}

export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refusal = toProblem(error, request);
  const { problem } = refusal;
  const level =
    problem === "internal"
      ? "error"
      : problem === "unavailable" || problem === "storage-full"
        ? "warn"
        : "info";
  // Errors of a body come in the connection's context, which does not know the request.
  withLogFields({ requestId: request.id }, () =>
    request.log[level]({ code: problem, error }, "request refused"),
  );
  return sendProblem(reply, refusal);
}

const problems = new WeakMap<FastifyReply, HttpErrorCode>();

/** What was answered instead of what was asked for; undefined: nothing was refused. */
export function problemOf(reply: FastifyReply): HttpErrorCode | undefined {
  return problems.get(reply);
}

/** What an answer that was begun may have said of its body, which is another one now. */
const ofTheBody = [
  "accept-ranges",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-length",
  "content-range",
  "content-security-policy",
  "etag",
  "last-modified",
];

function sendProblem(reply: FastifyReply, { problem, message, headers }: Refusal): FastifyReply {
  problems.set(reply, problem);
  for (const name of ofTheBody) reply.removeHeader(name);
  const { id } = reply.request;
  const { status } = httpErrorCatalogue[problem];
  return reply
    .code(status)
    .headers({ ...problemHeaders(problem, id), ...headers })
    .serializer((body: unknown) => JSON.stringify(body))
    .send(describeProblem(problem, message, id));
}

/** Long enough for a restart, or for tracks to end. */
const retryAfterSec = 5;

/** What every problem's answer has. */
export function problemHeaders(problem: HttpErrorCode, requestId: string): Record<string, string> {
  const { status } = httpErrorCatalogue[problem];
  return {
    "content-type": "application/problem+json",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-request-id": requestId,
    ...(status === 429 || status === 503 || status === 507 ? { "retry-after": String(retryAfterSec) } : {}),
  };
}

const byStatus: Readonly<Record<number, HttpErrorCode>> = {
  400: "invalid-request",
  404: "not-found",
  413: "request-too-large",
  414: "url-too-long",
  415: "unsupported-media-type",
};

export type Refusal = {
  readonly problem: HttpErrorCode;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
};

/** What is said of an error, whatever it is. */
export function toProblem(error: unknown, { headers }: Pick<FastifyRequest, "headers">): Refusal {
  if (error instanceof ProblemError) return error;
  if (error instanceof StoreFullError) {
    return { problem: "storage-full", message: "expected room in storage; there is none" };
  }
  if (error instanceof StoreError) return { problem: "unavailable", message: sayStoreError(error) };
  if (isMachineTrouble(error)) return sayMachineTrouble(error);
  const { statusCode, message } = error as Partial<FastifyError>;
  const known = statusCode === undefined ? undefined : byStatus[statusCode];
  if (known === "unsupported-media-type")
    return { problem: known, message: sayType(headers["content-type"]) };
  if (known) return { problem: known, message: message ?? "" };
  return { problem: "internal", message: "an unexpected error; it is in the service's log" };
}

/** Of a type that the framework refuses: it says neither what it expected nor what came. Other routes than that for uploads take JSON. */
function sayType(type = ""): string {
  const isWhole = /^[^\s/;]+\/[^\s/;]+\s*(;|$)/.test(type);
  const expected = isWhole
    ? "application/json"
    : "a type and a subtype, as in audio/flac or application/json";
  return `content-type: expected ${expected}, got ${JSON.stringify(type.slice(0, 80))}`;
}

/** What this machine lacks, by the system's own code: no fault of the request's. */
function sayMachineTrouble(error: unknown): Refusal {
  const code = error instanceof Error && "code" in error ? String(error.code) : "an error without a code";
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  const message = `the machine that the API runs on is in trouble (${code})`;
  return { problem: isFull ? "storage-full" : "unavailable", message };
}

/** Without names of buckets and objects, which are the service's own. */
function sayStoreError({ code }: StoreError): string {
  switch (code) {
    case "storage-unavailable":
      return "storage does not answer";
    case "object-corrupt":
      return "storage answered with other bytes than were stored";
    case "storage-refused":
      return "storage refuses the service";
    case "object-not-found":
    case "precondition-failed":
      return "what the service needs of storage is not there, or was changed meanwhile";
  }
}
