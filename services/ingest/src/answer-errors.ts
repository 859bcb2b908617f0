import { describeProblem, type HttpErrorCode } from "@segue/contracts";
import { StoreError } from "@segue/store";
import type { FastifyError, FastifyInstance, FastifyReply } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { z } from "zod";
import { ProblemError } from "./problem-error.ts";

/** Every error, the framework's own included, is answered as problem details (RFC 9457). */
export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => {
    const { problem, message } = toProblem(error);
    const level = problem === "internal" ? "error" : problem === "unavailable" ? "warn" : "info";
    request.log[level]({ code: problem, error }, "request refused");
    return sendProblem(reply, problem, message);
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, "not-found", `nothing answers ${request.method} ${request.url}`),
  );
}

export function sendProblem(reply: FastifyReply, code: HttpErrorCode, detail: string): FastifyReply {
  const problem = describeProblem(code, detail);
  return reply
    .code(problem.status)
    .type("application/problem+json")
    .serializer((body: unknown) => JSON.stringify(body))
    .send(problem);
}

const byStatus: Readonly<Record<number, HttpErrorCode>> = {
  400: "invalid-request",
  404: "not-found",
  413: "upload-too-large",
  415: "unsupported-media-type",
};

function toProblem(error: unknown): { problem: HttpErrorCode; message: string } {
  if (error instanceof ProblemError) return { problem: error.problem, message: error.message };
  if (hasZodFastifySchemaValidationErrors(error)) {
    const where = error.validation.map(({ instancePath, message }) => {
      const field = instancePath.slice(1).replaceAll("/", ".");
      return `${field || (error.validationContext ?? "request")}: ${message ?? "invalid"}`;
    });
    return { problem: "invalid-request", message: where.join("; ") };
  }
  if (error instanceof z.ZodError) {
    const where = error.issues.map((issue) => `${issue.path.join(".") || "request"}: ${issue.message}`);
    return { problem: "invalid-request", message: where.join("; ") };
  }
  if (error instanceof StoreError) return { problem: "unavailable", message: "storage does not answer" };
  const { statusCode, message } = error as Partial<FastifyError>;
  const known = statusCode === undefined ? undefined : byStatus[statusCode];
  if (known) return { problem: known, message: message ?? "" };
  return { problem: "internal", message: "an unexpected error; it is in the service's log" };
}
