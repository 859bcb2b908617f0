import { Problem } from "@segue/contracts";
import type { Dispatcher } from "undici";
import type { z } from "zod";
import { ApiRefusal, NoAnswer, UnexpectedAnswer } from "./api-errors.ts";
import { readRetryAfter } from "./retry-after.ts";

type Answer = Dispatcher.ResponseData;

/** @throws {ApiRefusal} {UnexpectedAnswer} {NoAnswer} if it broke off. */
export async function readAnswer<S extends z.ZodType>(answer: Answer, schema: S): Promise<z.output<S>> {
  const json = await readJson(answer);
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new UnexpectedAnswer(
    `the API's answer is not in the expected form: ${issue?.path.join(".")}: ${issue?.message}`,
  );
}

/** As `readAnswer`; undefined for 404. */
export async function readIfFound<S extends z.ZodType>(
  answer: Answer,
  schema: S,
): Promise<z.output<S> | undefined> {
  if (answer.statusCode !== 404) return readAnswer(answer, schema);
  await answer.body.dump();
  return undefined;
}

/** @throws {ApiRefusal} for every status that is no success. */
export async function readJson(answer: Answer): Promise<unknown> {
  return parseJson(await readText(answer));
}

/** @throws {ApiRefusal} for every status that is no success. */
export async function readText({ statusCode, headers, body }: Answer): Promise<string> {
  const text = await body.text().catch((error: unknown) => {
    throw NoAnswer.from(error);
  });
  if (statusCode >= 200 && statusCode <= 299) return text;
  const { data: problem } = Problem.safeParse(parseJson(text));
  const detail = problem ? problem.detail : text.slice(0, 200).trim();
  throw new ApiRefusal(detail || `the API answered ${statusCode}`, {
    status: statusCode,
    code: problem?.code ?? `http-${statusCode}`,
    retryAfterMs: readRetryAfter(headers["retry-after"], Date.now()),
    problem,
  });
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
