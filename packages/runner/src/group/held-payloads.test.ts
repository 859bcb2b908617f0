import { mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { holdPayloads } from "./held-payloads.ts";

const payload = { bucket: "b", name: "n", sizeBytes: 3, crc32c: "x", contentType: "text/plain" };

async function holdText(how: "take" | "share") {
  const dir = await mkdtemp(join(tmpdir(), "segue-held-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const made = join(dir, "made");
  await writeFile(made, "abc");
  // What is written next is not of the same moment, whatever the clock's steps are.
  await utimes(made, 1, 1);
  const held = holdPayloads(dir);
  await held[how](payload, made);
  return { held, made, at: (name: string) => join(dir, name) };
}

test("one file goes to as many as ask for it", async () => {
  const { held, at } = await holdText("take");
  for (const name of ["first", "second"]) {
    expect(await held.give(payload, at(name))).toBe(true);
    expect(await readFile(at(name), "utf8")).toBe("abc");
  }
});

test("what a step has written into is not held any more: the next one does not get it", async () => {
  const { held, at } = await holdText("take");
  await held.give(payload, at("first"));
  await writeFile(at("first"), "ABC");
  expect(await held.give(payload, at("second"))).toBe(false);
  expect(held.has(payload)).toBe(false);
});

test("nor is what the one has written into that fetched it", async () => {
  const { held, made, at } = await holdText("share");
  await writeFile(made, "ABC");
  expect(await held.give(payload, at("second"))).toBe(false);
});
