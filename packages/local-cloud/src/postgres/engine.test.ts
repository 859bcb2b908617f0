import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createCluster } from "./create-cluster.ts";
import { Engine } from "./engine.ts";
import { watchMessages } from "./watch-messages.ts";
import { writeMessage } from "./write-messages.ts";

let dir: string;
let engine: Engine;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "segue-engine-"));
  await createCluster(join(dir, "data"));
  engine = await Engine.open(join(dir, "data"), "segue");
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** The letters of what the engine answers, and its status. */
async function ask(...messages: Buffer[]) {
  let letters = "";
  const watch = watchMessages((letter) => {
    // Which settings the engine tells of, and when, is its own affair.
    if (letter !== "S") letters += letter;
  });
  let status: string | undefined;
  for (const message of messages) status = await engine.answer(message, watch);
  return { letters, status };
}
const query = (statement: string) => writeMessage("Q", `${statement}\0`);

test("each query is answered once, and what it leaves the session in is told", async () => {
  expect(await ask(query("SELECT 1"))).toEqual({ letters: "TDCZ", status: "I" });
  expect(await ask(query("SELECT 1; SELECT 2"))).toEqual({ letters: "TDCTDCZ", status: "I" });
  const parts = [
    writeMessage("P", "\0SELECT 1\0\0\0"),
    writeMessage("B", Buffer.alloc(8)),
    writeMessage("E", Buffer.alloc(5)),
  ];
  expect(await ask(...parts)).toEqual({ letters: "12DC", status: undefined });
  expect(await ask(writeMessage("S"))).toEqual({ letters: "Z", status: "I" });
  expect(await ask(query("BEGIN"))).toEqual({ letters: "CZ", status: "T" });
  expect(await ask(query("SELECT nothing"))).toEqual({ letters: "EZ", status: "E" });
  await engine.abandon("E");
  expect(await ask(query("COPY (SELECT 1) TO STDOUT"))).toEqual({ letters: "HdcCZ", status: "I" });
  expect(await ask(query("CREATE TABLE t (v int); COPY t FROM STDIN"))).toEqual({
    letters: "CGEZ",
    status: "I",
  });
  await engine.close();
});

test("an engine that dies says so, once, and answers nobody any more", async () => {
  const died: unknown[] = [];
  engine.onFatal = (error) => died.push(error);
  // For an unknown message Postgres ends the connection: here, itself.
  await expect(engine.answer(writeMessage("!", "junk"), () => {})).rejects.toThrow(
    "the database engine died",
  );
  await expect(engine.answer(query("SELECT 1"), () => {})).rejects.toThrow("the database engine died");
  expect(died).toHaveLength(1);
});
