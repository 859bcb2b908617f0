import { BatchLine, type BatchOutcome, type HttpErrorCode, httpErrorCatalogue } from "@segue/contracts";
import type { FastifyReply, FastifyRequest } from "fastify";
import { toProblem } from "../answer-errors.ts";
import type { ApiContext } from "../api-context.ts";
import { parseInput } from "../input/parse-input.ts";
import { doOnce } from "../once/answer-once.ts";
import { ownerOf } from "../owner-of.ts";
import { ProblemError } from "../problem-error.ts";
import { submitSource, undertakeSubmission } from "../submission.ts";

/** A line of a batch that has something in it. */
export interface NumberedLine {
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

export interface BatchOptions {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** The batch's Idempotency-Key. */
  readonly batchKey: string | undefined;
  readonly parseJson: (text: string) => unknown;
}

/** Said of so many lines in a row, it is said of those that follow, which are not tried. */
const enough: Partial<Record<HttpErrorCode, number>> = {
  "quota-exceeded": 1,
  unavailable: 3,
  "storage-full": 3,
};

/** What an earlier request was sent with, in words. */
function saidOf(key: string | undefined): string {
  return key === undefined ? "Idempotency-Key, with this line's number" : "key";
}

/** Has the lines of a batch accepted, each by itself: what is wrong with one is said of it, and of no other. */
export function createLineTaker(context: ApiContext, { request, reply, batchKey, parseJson }: BatchOptions) {
  const owner = ownerOf(request);
  let last: { readonly code: HttpErrorCode; readonly detail: string; readonly times: number } | undefined;
  /** What is said of all that is left, and is not accepted already. */
  const refusal = () => {
    const most = last && enough[last.code];
    return last && most !== undefined && last.times >= most ? last : undefined;
  };
  const take = async ({ number, text }: NumberedLine, onKey: (key: string) => void) => {
    const given = parseJson(text);
    // Told of a line that is refused, too: whoever sent it finds it by that.
    const named = BatchLine.shape.key.safeParse(Object(given).key).data;
    if (named !== undefined) onKey(named);
    const { key, ...body } = parseInput(BatchLine, given, "line");
    // Neither a header nor a line has a quotation mark in its key: a number is none that a line gives itself.
    const name = key ?? `"${number}`;
    const isRepeatable = key !== undefined || batchKey !== undefined;
    const own = isRepeatable ? { owner, key: `${batchKey ?? ""}"${name}`, said: saidOf(key) } : undefined;
    const submission = submitSource(context, body);
    const route = "POST /v1/batches";
    const undertaking = undertakeSubmission(context, submission, { request, reply, route, key: own });
    return doOnce(context, own, {
      ...undertaking,
      decide() {
        const said = refusal();
        if (said) throw new ProblemError(said.code, said.detail);
        return undertaking.decide();
      },
    });
  };
  return async (line: NumberedLine): Promise<BatchOutcome> => {
    let key: string | null = null;
    const about = () => ({ line: line.number, key });
    try {
      const { answer } = await take(line, (given) => {
        key = given;
      });
      last = undefined;
      const { id, url } = answer.body as { id: string; url: string };
      return { ...about(), status: answer.status, id, url, code: null, detail: null };
    } catch (error) {
      const { problem: code, message: detail } = toProblem(error, request);
      if (code === "internal")
        request.log.error({ error, line: line.number }, "a line of a batch was not taken");
      last = { code, detail, times: last?.code === code ? last.times + 1 : 1 };
      const { status } = httpErrorCatalogue[code];
      return { ...about(), status, id: null, url: null, code, detail };
    }
  };
}
