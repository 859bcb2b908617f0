import { z } from "zod";

/** The part of problem details (RFC 9457) that a page shows. */
const Details = z.object({ code: z.string(), detail: z.string().catch("") });

/** The API refused a request, or did not answer. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  /** 0: there was no answer. */
  readonly status: number;
  /** Of the catalogue of errors; `no-answer` where there was none. */
  readonly code: string;
  /** What `Retry-After` says; undefined where it says nothing. */
  readonly retryAfterMs: number | undefined;

  constructor(status: number, code: string, message: string, retryAfterMs?: number) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether the same request may succeed later. */
  get mayPass(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** @param text the body of an answer that is no success, of whoever stands before the API perhaps. */
export function readProblem(status: number, text: string, retryAfter: string | null): ApiProblem {
  const sec = Number(retryAfter ?? Number.NaN);
  const retryAfterMs = Number.isFinite(sec) ? sec * 1_000 : undefined;
  const { data } = Details.safeParse(parseOrNull(text));
  if (data) return new ApiProblem(status, data.code, data.detail, retryAfterMs);
  return new ApiProblem(status, `http-${status}`, `the answer was ${status}`, retryAfterMs);
}

/** What went wrong, in words for whoever reads the page. */
export function sayProblem(error: unknown): string {
  if (error instanceof ApiProblem)
    return error.status === 0 ? "The API does not answer." : `${error.code}: ${error.message}`;
  // Of another release, or of whoever stands before the API.
  if (error instanceof z.ZodError || error instanceof SyntaxError)
    return "The API has answered in a form that this page does not know. Reload it: it may be older than the API.";
  return error instanceof Error ? error.message : String(error);
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
