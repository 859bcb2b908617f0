import { readFile } from "node:fs/promises";
import { createTestDir, makeFile, sine, type TestDir } from "@segue/audio/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { splitAdts } from "./split-adts.ts";

let dir: TestDir;
let stream: Buffer;
beforeAll(async () => {
  dir = await createTestDir();
  stream = await readFile(await makeFile(dir.path("a.aac"), [...sine({}), "-c:a", "aac", "-f", "adts"]));
});
afterAll(() => dir.dispose());

test("the frames of a second, whose bytes are the stream's without its headers", () => {
  const frames = splitAdts(stream);
  expect(frames).toHaveLength(45);
  expect(frames.reduce((sum, frame) => sum + frame.length, 0)).toBe(stream.length - 45 * 7);
  expect(frames[0]?.subarray(0, 40).toString("latin1")).toContain("Lavc");
});

test("a checksum belongs to the header", () => {
  const header = Buffer.from([0xff, 0xf0, 0x50, 0x80, 0x01, 0x9f, 0xfc, 1, 2]);
  expect(splitAdts(Buffer.concat([header, Buffer.from([7, 8, 9])]))).toEqual([Buffer.from([7, 8, 9])]);
});

test("no bytes are no frames", () => {
  expect(splitAdts(Buffer.alloc(0))).toEqual([]);
});

test("a stream that is cut anywhere but between two frames is refused", () => {
  const ends = new Set<number>();
  let end = 0;
  for (const frame of splitAdts(stream)) {
    end += 7 + frame.length;
    ends.add(end);
  }
  for (let length = 1; length < 2000; length++) {
    const cut = () => splitAdts(stream.subarray(0, length));
    if (ends.has(length)) expect(cut).not.toThrow();
    else expect(cut).toThrow(/ADTS/);
  }
});

test("what is no ADTS, and frames of several blocks, are refused", () => {
  expect(() => splitAdts(Buffer.from("RIFF....WAVE"))).toThrow("expected an ADTS header at byte 0 of 12");
  const several = Buffer.from(stream);
  several[6] = (several[6] ?? 0) | 1;
  expect(() => splitAdts(several)).toThrow("more than one block");
});
