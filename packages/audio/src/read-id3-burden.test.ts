import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readId3Burden } from "./read-id3-burden.ts";
import { createTestDir, type TestDir } from "./testing.ts";

let dir: TestDir;
beforeAll(async () => {
  dir = await createTestDir();
});
afterAll(() => dir.dispose());

async function burdenOf(...parts: Uint8Array[]): Promise<number> {
  await writeFile(dir.path("file"), Buffer.concat(parts));
  return readId3Burden(dir.path("file"));
}

const audio = Buffer.alloc(5000, 0x55);

function syncsafe(size: number): Buffer {
  return Buffer.from([21, 14, 7, 0].map((shift) => (size >> shift) & 0x7f));
}

function tag(version: number, body: Uint8Array, flags = 0): Buffer {
  return Buffer.concat([Buffer.from([0x49, 0x44, 0x33, version, 0, flags]), syncsafe(body.length), body]);
}

/** Frames of 200 bytes each, so that sizes are not the same in seven bits a byte as in eight. */
function frames(version: number, count: number, bodyBytes = 200): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(bodyBytes);
  const head: Record<number, Buffer> = {
    2: Buffer.concat([Buffer.from("TXX"), size.subarray(1)]),
    3: Buffer.concat([Buffer.from("TXXX"), size, Buffer.alloc(2)]),
    4: Buffer.concat([Buffer.from("TXXX"), syncsafe(bodyBytes), Buffer.alloc(2)]),
  };
  const frame = Buffer.concat([head[version] ?? Buffer.alloc(0), Buffer.alloc(bodyBytes, 0x41)]);
  return Buffer.concat(Array<Buffer>(count).fill(frame));
}

describe.each([2, 3, 4])("ID3v2.%d", (version) => {
  test("thousands of frames are a burden, to the tag's last byte", async () => {
    const heavy = tag(version, Buffer.concat([frames(version, 2001), Buffer.alloc(1000)]));
    expect(await burdenOf(heavy, audio)).toBe(heavy.length);
  });

  test("two thousand are none", async () => {
    expect(await burdenOf(tag(version, frames(version, 2000)), audio)).toBe(0);
  });
});

test("sizes of version 4 that are written as in version 3 are followed", async () => {
  const heavy = tag(4, frames(3, 2001));
  expect(await burdenOf(heavy, audio)).toBe(heavy.length);
});

test("an extended header and a footer are counted in", async () => {
  const extended = Buffer.concat([syncsafe(6), Buffer.from([1, 0]), frames(4, 2001)]);
  const heavy = Buffer.concat([tag(4, extended, 0x50), Buffer.alloc(10)]);
  expect(await burdenOf(heavy, audio)).toBe(heavy.length);
});

test("tags that follow one another are taken together", async () => {
  const light = tag(3, frames(3, 1500));
  expect(await burdenOf(light, audio)).toBe(0);
  expect(await burdenOf(light, light, tag(3, frames(3, 1)), audio)).toBe(2 * light.length + 10 + 210);
});

test("a large picture, padding, noise, no tag and no bytes are none", async () => {
  expect(await burdenOf(tag(3, frames(3, 1, 2_000_000)), audio)).toBe(0);
  expect(await burdenOf(tag(3, Buffer.alloc(100_000)), audio)).toBe(0);
  expect(await burdenOf(tag(3, Buffer.alloc(100_000, 0xff)), audio)).toBe(0);
  expect(await burdenOf(audio)).toBe(0);
  expect(await burdenOf(Buffer.from("ID3"))).toBe(0);
  expect(await burdenOf()).toBe(0);
});

test("a million empty tags are read to some point only", async () => {
  expect(await burdenOf(Buffer.concat(Array<Buffer>(1_000_000).fill(tag(3, Buffer.alloc(0)))))).toBe(0);
}, 2000);
