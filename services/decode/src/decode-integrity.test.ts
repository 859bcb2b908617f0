import { readFile, writeFile } from "node:fs/promises";
import { sine } from "@segue/audio/testing";
import { runStep } from "@segue/step/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decode } from "./decode.step.ts";
import { codesOf, createHarness } from "./decode-harness.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness.dir.dispose());

/** Noise beside a tone: there is something in every byte. */
const music = [
  "-f",
  "lavfi",
  "-i",
  "aevalsrc=0.3*sin(880*PI*t)+0.1*sin(t*t*9000)|0.3*sin(660*PI*t):s=44100:d=4",
];

async function decoded(bytes: Uint8Array) {
  const path = harness.dir.path("master");
  await writeFile(path, bytes);
  return (await runStep(decode, { master: { facts: { sizeBytes: bytes.length }, path } }, {})).facts;
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0x04;
  return copy;
}

/** Formats whose frames carry checksums. */
const checked: Readonly<Record<string, readonly string[]>> = {
  "a.flac": [],
  "a.mka": ["-c:a", "flac"],
  "a.oga": ["-c:a", "flac"],
  "a.ogg": ["-c:a", "libvorbis"],
  "a.opus": ["-c:a", "libopus"],
  "a.wv": [],
  "a.tta": [],
  "a.ac3": [],
  "a.eac3": ["-c:a", "eac3"],
};
const unchecked = ["a.wav", "a.aiff", "a.mp3", "a.m4a", "a.aac", "a.mp2", "a.caf", "a.w64", "a.au"];

describe("one wrong bit", () => {
  test.each(Object.entries(checked))(
    "%s: none in the intact file, and told where there is one",
    async (name, args) => {
      const bytes = await readFile(await harness.make(name, ...music, ...args));
      expect(codesOf(await decoded(bytes))).toEqual([]);
      const { durationSec, ...facts } = await decoded(flipped(bytes, Math.floor(bytes.length / 2) + 37));
      // A frame of WavPack that fails is dropped: then less is there than the header says. What is left of one of TTA is a second
      // in which the channels are opposite.
      const consequences = ["truncated", "channels-out-of-phase"];
      expect(codesOf(facts).filter((code) => !consequences.includes(code))).toEqual(["decode-errors"]);
      expect(Math.abs(durationSec - 4)).toBeLessThan(1.2);
    },
  );

  test.each(unchecked)("%s: an intact file has no warnings", async (name) => {
    const facts = await decoded(await readFile(await harness.make(name, ...music)));
    expect(facts.warnings).toEqual([]);
  });
});

describe("a FLAC's MD5 of all its samples", () => {
  const md5Offset = 8 + 18;

  test.each([
    ["16 bit", "s16"],
    ["24 bit", "s32"],
  ])("%s: right in the intact file, and a wrong one is told", async (name, format) => {
    const bytes = await readFile(await harness.make(`${name}.flac`, ...music, "-sample_fmt", format));
    expect(codesOf(await decoded(bytes))).toEqual([]);
    const { warnings } = await decoded(flipped(bytes, md5Offset));
    expect(warnings).toEqual([{ code: "decode-errors", message: expect.stringContaining("MD5") }]);
  });

  test("one that was left out is nothing to be told", async () => {
    const bytes = await readFile(await harness.make("plain.flac", ...music));
    bytes.fill(0, md5Offset, md5Offset + 16);
    expect(codesOf(await decoded(bytes))).toEqual([]);
  });
});

describe("Ogg", () => {
  test("a page whose checksum fails is kept, with every build, and only what is hit is lost", async () => {
    const bytes = await readFile(await harness.make("b.ogg", ...music, "-c:a", "libvorbis"));
    const facts = await decoded(flipped(bytes, Math.floor(bytes.length / 2) + 37));
    expect(facts.warnings[0]?.message).toMatch(/^1 of \d+ Ogg pages fail their checksum/);
    expect(facts.sampleCount).toBe((await decoded(bytes)).sampleCount);
  });

  test("a last page at the end of time is a page like others", async () => {
    const bytes = await readFile(await harness.make("c.ogg", ...sine({ channels: 2 }), "-c:a", "libvorbis"));
    const late = Buffer.from(bytes);
    late.writeBigUInt64LE(0x7fff_ffff_ffff_ffffn, bytes.lastIndexOf("OggS") + 6);
    const facts = await decoded(late);
    expect(codesOf(facts)).toContain("decode-errors");
    expect(Math.abs(facts.durationSec - 1)).toBeLessThan(0.05);
  });
});

describe("MP3 with checksums", () => {
  /** Frames of silence at 128 kbit/s: no side information, and so no sound. */
  function frames(count: number, crc = 0): Buffer {
    const frame = Buffer.alloc(417);
    // Layer III, protected, 44.1 kHz stereo.
    frame.writeUInt32BE(0xfffa_9000, 0);
    frame.writeUInt16BE(crc, 4);
    return Buffer.concat(Array<Buffer>(count).fill(frame));
  }
  /** Over the head's last two bytes and 32 zeros, reckoned by hand of another encoder's frame. */
  const right = 0xc05c;

  test("right ones are no warning; a few wrong ones are damage", async () => {
    const good = frames(100, right);
    expect(codesOf(await decoded(good))).not.toContain("decode-errors");
    const bad = Buffer.from(good);
    bad.writeUInt16BE(right ^ 1, 50 * 417 + 4);
    const [warning] = (await decoded(bad)).warnings.filter(({ code }) => code === "decode-errors");
    expect(warning?.message).toMatch(/^1 of 100 MP3 frames fail their checksum/);
  });

  test("an encoder that never wrote a right one did no damage", async () => {
    expect(codesOf(await decoded(frames(100)))).not.toContain("decode-errors");
  });
});

test("BW64 is RF64 by another name", async () => {
  const rf64 = await readFile(await harness.make("a.wav", ...music, "-rf64", "always"));
  expect(rf64.toString("latin1", 0, 4)).toBe("RF64");
  const bw64 = Buffer.concat([Buffer.from("BW64"), rf64.subarray(4)]);
  expect(await decoded(bw64)).toEqual(await decoded(rf64));
});
