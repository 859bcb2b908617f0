import { expect, test } from "vitest";
import { LineQueue } from "./line-queue.ts";

function queueOf(maxLineBytes: number, maxTotalBytes: number) {
  const excess: string[] = [];
  const queue = new LineQueue({ maxLineBytes, maxTotalBytes }, (what) => void excess.push(what));
  return { queue, excess };
}

async function linesOf(queue: LineQueue): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of queue) lines.push(line.toString());
  return lines;
}

test("lines come as they were written, however the stream was cut; what has no end is the rest", async () => {
  const text = "one\n\nzwölf\r\nrest";
  for (let size = 1; size < text.length; size++) {
    const { queue } = queueOf(100, 100);
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += size) queue.push(bytes.subarray(at, at + size));
    queue.close();
    expect(await linesOf(queue)).toEqual(["one", "", "zwölf\r"]);
    expect(queue.takeRest().toString()).toBe("rest");
    expect(queue.takeRest().toString()).toBe("");
  }
});

test("whoever waits for a line gets it when it comes", async () => {
  const { queue } = queueOf(100, 100);
  const lines = linesOf(queue);
  await Promise.resolve();
  queue.push(Buffer.from("late\n"));
  queue.close();
  expect(await lines).toEqual(["late"]);
});

test.each<[what: string, chunks: string[], excess: string[]]>([
  ["a line as long as allowed", ["12345", "678\n", "12345678\n", "1"], []],
  ["a line of one more byte", ["12345", "6789\n"], ["a line of more than 8 bytes"]],
  ["a long line without an end", ["12345", "6789"], ["a line of more than 8 bytes"]],
  ["a long line among others", ["1\n123456789\n1\n"], ["a line of more than 8 bytes"]],
  ["as much as allowed", ["1234567\n", "1234567\n", "1234"], []],
  ["one more byte in all", ["1234567\n", "1234567\n", "12345", "more"], ["more than 20 bytes"]],
])("limits hold to the byte: %s", async (_what, chunks, expected) => {
  const { queue, excess } = queueOf(8, 20);
  for (const chunk of chunks) queue.push(Buffer.from(chunk));
  expect(excess).toEqual(expected);
  queue.close();
  const lines = await linesOf(queue);
  if (expected.length > 0) expect(lines).toEqual([]);
  else expect(lines.length).toBeGreaterThan(0);
});

test("a flood of short lines while nobody takes any is no more than its bytes", async () => {
  const { queue, excess } = queueOf(100, 8 * 2 ** 20);
  for (let i = 0; i < 64; i++) queue.push(Buffer.alloc(128 * 1024, "\n"));
  expect(excess).toEqual([]);
  queue.close();
  let lines = 0;
  for await (const line of queue) {
    lines += 1;
    if (lines === 1000) queue.discard();
    expect(line.length).toBe(0);
  }
  expect(lines).toBe(1000);
});
