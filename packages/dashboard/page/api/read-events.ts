/** A server-sent event, by the fields that are used. */
export type EventFields = Readonly<Partial<Record<"id" | "event" | "data", string>>>;

/** Server-sent events of an answer's body, as they come. What has no data tells of a place only. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<EventFields> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true });
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      yield* blocks.map(parseBlock);
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function parseBlock(block: string): EventFields {
  const fields = block.split("\n").map((line) => /^(\w+): ?(.*)$/.exec(line) ?? []);
  return Object.fromEntries(fields.map(([, name = "", value = ""]) => [name, value]));
}
