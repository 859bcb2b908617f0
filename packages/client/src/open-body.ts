import { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import type { OpenAsset } from "./api-client.ts";
import { NoAnswer, UnexpectedAnswer } from "./api-errors.ts";
import { labelled } from "./labelled.ts";
import { readText } from "./read-answer.ts";

/** The bytes of an answer as they come. @throws {ApiRefusal} {UnexpectedAnswer} */
export async function openBody(answer: Dispatcher.ResponseData): Promise<OpenAsset> {
  if (answer.statusCode !== 200) {
    await readText(answer);
    throw new UnexpectedAnswer(`expected a file, got an answer of status ${answer.statusCode}`);
  }
  const { "content-type": type, "content-length": length } = answer.headers;
  return {
    contentType: typeof type === "string" ? type : undefined,
    sizeBytes: typeof length === "string" ? Number(length) : undefined,
    body: Readable.from(labelled(answer.body, NoAnswer.from), { objectMode: false }),
  };
}
