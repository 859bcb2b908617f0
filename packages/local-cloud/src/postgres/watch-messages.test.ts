import { expect, test } from "vitest";
import { type SessionStatus, watchStatus } from "./watch-messages.ts";

const message = (letter: string, body: Buffer) => {
  const head = Buffer.alloc(5);
  head.write(letter);
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
};

test("the status of each ReadyForQuery is told, however the messages are cut", () => {
  const sent = Buffer.concat([
    message("R", Buffer.alloc(4)),
    message("Z", Buffer.from("I")),
    message("1", Buffer.of()),
    message("D", Buffer.from("Z....T")),
    message("Z", Buffer.from("T")),
    message("n", Buffer.of()),
    message("Z", Buffer.from("E")),
  ]);
  for (const size of [1, 2, 3, 5, 7, sent.length]) {
    const statuses: SessionStatus[] = [];
    const watch = watchStatus((status) => statuses.push(status));
    for (let at = 0; at < sent.length; at += size) watch(sent.subarray(at, at + size));
    expect(statuses, `pieces of ${size} bytes`).toEqual(["I", "T", "E"]);
  }
});
