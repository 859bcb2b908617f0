import { Change, TrackSummary } from "@segue/contracts";
import type { Dispatcher } from "undici";
import type { z } from "zod";
import { NoAnswer, UnexpectedAnswer } from "./api-errors.ts";
import { parseJson, readJson } from "./read-answer.ts";

/** An event as a stream has it. */
export type StreamedEvent =
  | { readonly type: "track"; readonly track: TrackSummary }
  | { readonly type: "change"; readonly change: Change };

/** Server-sent events of the API, for as long as it sends some. Whoever leaves the loop ends it. */
export interface EventStream extends AsyncIterable<StreamedEvent> {
  /** Of the place up to which all has come: whoever opens the stream again with it gets what follows. */
  lastEventId(): string | undefined;
}

/** @throws {ApiRefusal} {UnexpectedAnswer} for what is no stream. */
export async function openEvents(answer: Dispatcher.ResponseData): Promise<EventStream> {
  const type = String(answer.headers["content-type"] ?? "");
  if (answer.statusCode !== 200 || !type.startsWith("text/event-stream")) {
    await readJson(answer);
    throw new UnexpectedAnswer(`the API answered ${answer.statusCode} for events, as ${type || "nothing"}`);
  }
  let last: string | undefined;
  return {
    lastEventId: () => last,
    async *[Symbol.asyncIterator]() {
      for await (const { id, event, data } of readBlocks(answer.body)) {
        last = id ?? last;
        if (data === undefined) continue;
        if (event === undefined || event === "message")
          yield { type: "change", change: parseData(data, Change) };
        // A younger API may send others.
        else if (event === "track") yield { type: "track", track: parseData(data, TrackSummary) };
      }
    },
  };
}

type Fields = Readonly<Partial<Record<"id" | "event" | "data", string>>>;

/** What is between empty lines. @throws {NoAnswer} where the connection breaks. */
async function* readBlocks(body: AsyncIterable<Uint8Array>): AsyncGenerator<Fields> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of body) {
      text += decoder.decode(chunk, { stream: true });
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      yield* blocks.map(parseBlock);
    }
  } catch (error) {
    throw NoAnswer.from(error);
  }
}

function parseBlock(block: string): Fields {
  const fields = block.split("\n").map((line) => /^(\w+): ?(.*)$/.exec(line) ?? []);
  return Object.fromEntries(fields.map(([, name = "", value = ""]) => [name, value]));
}

function parseData<S extends z.ZodType>(data: string, schema: S): z.output<S> {
  const parsed = schema.safeParse(parseJson(data));
  if (parsed.success) return parsed.data;
  throw new UnexpectedAnswer(
    `the API's event is not in the expected form: ${parsed.error.issues[0]?.message}`,
  );
}
