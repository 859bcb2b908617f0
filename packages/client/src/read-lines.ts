import { BatchEnd, BatchOutcome } from "@segue/contracts";
import type { Dispatcher } from "undici";
import { NoAnswer, UnexpectedAnswer } from "./api-errors.ts";
import { parseJson, readJson } from "./read-answer.ts";

/** What became of each line. @throws as `readAnswer`; {NoAnswer} where the line at the end, which counts them, did not come. */
export async function readLines(answer: Dispatcher.ResponseData): Promise<BatchOutcome[]> {
  if (answer.statusCode < 200 || answer.statusCode > 299) await readJson(answer);
  const text = await answer.body.text().catch((error: unknown) => {
    throw NoAnswer.from(error);
  });
  const lines = text.split("\n").filter((line) => line !== "");
  const end = BatchEnd.safeParse(parseJson(lines.pop() ?? ""));
  if (!end.success || end.data.lines !== lines.length) throw new NoAnswer("the answer was cut off");
  return lines.map((line) => {
    const outcome = BatchOutcome.safeParse(parseJson(line));
    if (outcome.success) return outcome.data;
    throw new UnexpectedAnswer(`the API's answer is not in the expected form: ${line.slice(0, 200)}`);
  });
}
